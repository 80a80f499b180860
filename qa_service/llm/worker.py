"""The process that runs the model: `python -m qa_service.llm.worker FD`, started by `LlamaModel`.

A crash of the native library ends this process and no other. It ends by itself when the service does, however that
happens: then nobody holds the other end of the connection.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from qa_service.errors import ModelError
from qa_service.llm import protocol
from qa_service.llm.engine import Engine
from qa_service.llm.native import NativeContext


def main() -> None:
    """Load what the first message names, and serve the calls that follow it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the service tells when to end
    connection = Connection(int(sys.argv[1]))
    wanted = msgspec.msgpack.decode(connection.recv_bytes(), type=protocol.Engine)
    try:
        context = NativeContext(
            Path(wanted.path),
            name=wanted.name,
            context_tokens=wanted.context_tokens,
            memory_mib=wanted.memory_mib,
            threads=wanted.threads,
            adapter=Path(wanted.adapter) if wanted.adapter else None,
        )
        costs = context.step_costs()
        adapted_costs = context.step_costs(adapted=True) if context.has_adapter else costs
    except ModelError as error:
        connection.send_bytes(msgspec.msgpack.encode(protocol.LoadFailed(message=str(error))))
        return
    encoder = msgspec.msgpack.Encoder()

    def send(message: protocol.Loaded | protocol.Alive | protocol.Reply) -> None:
        connection.send_bytes(encoder.encode(message))

    engine = Engine(context, costs=costs, adapted_costs=adapted_costs, emit=send, alive=lambda: send(protocol.Alive()))
    send(protocol.Loaded())
    threading.Thread(target=_listen, args=(connection, engine), name="engine-listener", daemon=True).start()
    with suppress(OSError):  # nobody listens any more
        engine.run()
    context.close()


def _listen(connection: Connection, engine: Engine) -> None:
    """Pass on what the service sends, until it closes its end."""
    decoder = msgspec.msgpack.Decoder(protocol.Request)
    try:
        while True:
            engine.submit(decoder.decode(connection.recv_bytes()))
    except (EOFError, OSError):
        engine.stop()


if __name__ == "__main__":
    main()
    os._exit(0)  # the listener may still wait
