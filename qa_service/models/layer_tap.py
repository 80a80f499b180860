"""The hidden state of one layer behind the last token of a prompt.

What a model knows about a question stands in its middle layers more clearly than in the word it is about to say
(Slobodkin et al. 2023, "The Curious Case of Hallucinatory (Un)answerability", arXiv:2310.11877). llama.cpp shows each
tensor of its graph to a callback; one that asks for a single layer's output costs nothing else.
"""

import ctypes
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from qa_service.errors import ModelError


class LayerTap:
    """Copies the output of layer `layer` (from 0) for the last token of each decode while `armed`."""

    def __init__(self, layer: int, width: int) -> None:
        """Raises ModelError when llama.cpp's library of tensors is not where the package has it."""
        self.armed = False
        self._name = f"l_out-{layer}".encode()
        self._state = np.zeros(width, dtype=np.float32)
        self._base = _tensor_library()
        self.callback = llama_cpp.ggml_backend_sched_eval_callback(self._see)

    def state(self) -> NDArray[np.float32]:
        """Return a copy of the last state seen: `(width,) float32`."""
        return self._state.copy()

    def _see(self, tensor: int, asks: bool, _data: ctypes.c_void_p) -> bool:
        if not self.armed or self._base.ggml_get_name(tensor) != self._name:
            return not asks
        if not asks:
            size = self._state.nbytes
            self._base.ggml_backend_tensor_get(
                tensor, self._state.ctypes.data, self._base.ggml_nbytes(tensor) - size, size
            )
        return True


def _tensor_library() -> ctypes.CDLL:
    folder = Path(llama_cpp.__file__).parent / "lib"
    paths = sorted(folder.glob("*ggml-base.*"))
    if not paths:
        raise ModelError(f"{folder} holds no ggml-base library; run `make environment` to build llama.cpp anew")
    library = ctypes.CDLL(str(paths[0]))
    library.ggml_get_name.argtypes = [ctypes.c_void_p]
    library.ggml_get_name.restype = ctypes.c_char_p
    library.ggml_nbytes.argtypes = [ctypes.c_void_p]
    library.ggml_nbytes.restype = ctypes.c_size_t
    library.ggml_backend_tensor_get.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
    library.ggml_backend_tensor_get.restype = None
    return library
