"""A model's chat template, cut at the places where our text goes.

The template's own words may be special tokens; ours never are. Cutting it first keeps a document that contains
`<|im_start|>` from ending its turn: its text is encoded as plain text between the template's pieces.
"""

import ctypes

import llama_cpp
import msgspec

from qa_service.errors import ModelError
from qa_service.llm.port import Prompt
from qa_service.llm.vocabulary import Vocabulary

_SYSTEM, _USER = "\u27e6system\u27e7", "\u27e6user\u27e7"
_MAX_TEMPLATE_BYTES = 16_384


class ChatTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """The fixed pieces around the system's and the user's text, as the template renders them."""

    before_system: str
    before_user: str
    before_answer: str

    def encode(self, prompt: Prompt, vocabulary: Vocabulary) -> list[list[int]]:
        """Return the prompt's tokens in the parts that can be reused: the head, each shared part, the rest."""
        head = [
            *vocabulary.encode_template(self.before_system),
            *vocabulary.encode(prompt.system),
            *vocabulary.encode_template(self.before_user),
        ]
        rest = [
            *vocabulary.encode(prompt.ask),
            *vocabulary.encode_template(self.before_answer),
            *vocabulary.encode(prompt.answer_start),
        ]
        return [head, *(vocabulary.encode(part) for part in prompt.shared), rest]


def template_of(model: llama_cpp.llama_model_p, name: str) -> ChatTemplate:
    """Render the model's template once around two marks. Raises ModelError for a template that llama.cpp does not
    know.
    """
    template = llama_cpp.llama_model_chat_template(model, None)
    if template is None:
        raise ModelError(f"{name}: the model file holds no chat template; use an instruction-tuned model")
    messages = (llama_cpp.llama_chat_message * 2)(
        llama_cpp.llama_chat_message(role=b"system", content=_SYSTEM.encode()),
        llama_cpp.llama_chat_message(role=b"user", content=_USER.encode()),
    )
    buffer = ctypes.create_string_buffer(_MAX_TEMPLATE_BYTES)
    length = llama_cpp.llama_chat_apply_template(template, messages, 2, True, buffer, _MAX_TEMPLATE_BYTES)
    rendered = buffer.raw[: max(length, 0)].decode()
    before_system, system_found, rest = rendered.partition(_SYSTEM)
    before_user, user_found, before_answer = rest.partition(_USER)
    if not (system_found and user_found):
        raise ModelError(f"{name}: llama.cpp does not know the model's chat template; use another model")
    return ChatTemplate(before_system=before_system, before_user=before_user, before_answer=before_answer)
