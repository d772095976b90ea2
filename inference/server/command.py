"""`sidelight serve`: the backend as a process of its own, on this computer only."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import json
import logging
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

from inference.errors import InvalidRequest
from inference.feature_folder import FeatureFolder, feature_folder
from inference.precision import PRECISION_HELP, PRECISIONS, Precision
from inference.server.model_desk import ModelDesk
from viewer import loopback

if TYPE_CHECKING:
    from inference.plan import MemoryUse
    from inference.server.scheduler import BackendFactory, IdleLimit

IDLE_VARIABLE, ACCEPT_SLOW_VARIABLE = "SIDELIGHT_IDLE_UNLOAD", "SIDELIGHT_ACCEPT_SLOW"
IDLE_S = 600.0
"""On a graphics card: other programs want it too, and loading again takes seconds. Main memory is left alone: the
starter takes little of it, and a reader who comes back after lunch shall not wait."""
LAST_WILL_S = 2.0  # what is still busy this long after the parent's end is left to its fate


@dataclass(frozen=True, slots=True)
class Options:
    port: int  # 0 = any free one
    pack: str | None
    device: str  # auto, cpu or cuda
    takes_token: bool
    ends_with_parent: bool
    features: FeatureFolder | None = None  # where encoded films may be kept
    precision: Precision | None = None  # None = what the device computes best
    idle_minutes: float | None = None  # None = 10 on a graphics card, never in main memory; 0 = never
    desk: ModelDesk = field(default_factory=ModelDesk)
    synthesis_pack: str | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit code."""
    loopback.go_offline()
    loopback.install()
    options = read_options(argv)
    try:
        options = replace(options, features=feature_folder(os.environ))
    except InvalidRequest as error:
        print(f"sidelight serve: {error}", file=sys.stderr)
        return 2
    return serve(options, model_factory)


def read_options(argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="sidelight serve",
        description="The reading backend alone, on 127.0.0.1. Prints one JSON line when it listens.",
        epilog="Research use only. Not a medical device.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--pack", help="id of the model pack; default: the one that is set up")
    parser.add_argument(
        "--synthesis-pack",
        metavar="ID",
        help="the pack that draws; default: the user's own, else the bundled one",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--precision", choices=PRECISIONS, help=PRECISION_HELP)
    parser.add_argument(
        "--token-stdin", action="store_true", help="take the access token from the first line of stdin"
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin closes")
    parser.add_argument(
        "--idle-unload",
        type=_minutes,
        metavar="MINUTES",
        default=os.environ.get(IDLE_VARIABLE) or None,
        help="free the model's memory after so long without a request; 0 = never; "
        "default: 10 on a graphics card, never in main memory",
    )
    parser.add_argument(
        "--accept-slow",
        action="store_true",
        default=os.environ.get(ACCEPT_SLOW_VARIABLE) == "1",
        help="also load a model that takes minutes for one study on this computer",
    )
    given = parser.parse_args(argv)
    return Options(
        given.port,
        given.pack,
        given.device,
        given.token_stdin,
        given.exit_with_parent,
        precision=given.precision,
        idle_minutes=given.idle_unload,
        desk=ModelDesk(given.device, accepts_slow=given.accept_slow),
        synthesis_pack=given.synthesis_pack,
    )


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes < float("inf"):
        raise ValueError("minutes can't be negative")
    return minutes


def idle_limit(minutes: float | None) -> IdleLimit:
    """After how many seconds without a request a model goes, given what the user set."""

    def limit(use: MemoryUse | None) -> float | None:
        if minutes is None:
            return IDLE_S if use is not None and use.kind == "cuda" else None
        return minutes * 60 or None

    return limit


def model_factory(options: Options) -> BackendFactory:
    """Makes the real backend. torch is imported only when the factory runs, in the inference thread."""

    def make() -> Backend:
        from inference.engine.opening import open_backend
        from inference.errors import PackQuarantined, VerySlow
        from inference.pack_plan import plan_of
        from inference.packs.site_adapters import pack_to_read
        from inference.server.beside import BesideReader

        chosen = pack_to_read(options.pack)
        pack = chosen.pack
        plan = plan_of(pack, options.device)
        if plan.reading_s is not None and plan.is_very_slow and not options.desk.accepts_slow:
            raise VerySlow(pack.manifest.id, plan.device, plan.reading_s)
        beside = BesideReader.look(options.synthesis_pack, options.device)
        folder = None if options.features is None else options.features.make()
        how: Any = {"device": options.device, "precision": options.precision, "features": folder}
        how["companions"] = beside.companions
        try:
            backend = open_backend(pack, **how)
        except PackQuarantined:  # just now: the last working version is used, or there is none, which is said
            chosen = pack_to_read(options.pack)
            backend = open_backend(chosen.pack, **how)
        if chosen.note:
            backend.note(chosen.note, "adapter_left_out")
        return beside.joined(backend)

    return make


def serve(options: Options, make_factory: Callable[[Options], BackendFactory]) -> int:
    """Listen on 127.0.0.1 and answer until stopped; `make_factory` says which backend.

    Returns only when it could not start; otherwise this process ends here.
    """
    import uvicorn

    from inference.server.app import create_app
    from inference.server.safe_log import log_to_stderr

    log_to_stderr()
    faulthandler.enable()
    token = sys.stdin.readline().strip() if options.takes_token else secrets.token_hex(32)
    if len(token) < 32:
        print("sidelight serve: the token on stdin is missing or too short (32 characters).", file=sys.stderr)
        return 2
    try:
        listening = listening_socket(options.port)
    except OSError as error:
        print(f"sidelight serve: port {options.port} is not free ({error.strerror}).", file=sys.stderr)
        return 2
    port: int = listening.getsockname()[1]
    line = {"port": port, "pid": os.getpid()} | ({} if options.takes_token else {"token": token})

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(json.dumps(line), flush=True)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            if options.features is not None:  # here, since uvicorn ends by the signal that it was sent
                options.features.wipe()

    app = create_app(
        make_factory(options),
        token=token,
        port=port,
        desk=options.desk,
        idle_limit=idle_limit(options.idle_minutes),
    )
    server = Server(quiet_config(app))
    if options.ends_with_parent:
        _end_with_parent(server, options.features)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return _leave(0 if server.started else 1)


def quiet_config(app: FastAPI) -> uvicorn.Config:
    """How uvicorn runs the app: HTTP/1.1 only, and nothing about any request in its logs."""
    import uvicorn

    from inference.server.hasty import HastyProtocol

    return uvicorn.Config(
        app,
        http=HastyProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,  # ours: no access log, no message of any exception
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )


def listening_socket(port: int) -> socket.socket:
    """Bound to 127.0.0.1, never to another address, and listening: whoever knows the port can knock at once.

    Raises OSError if the port is taken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform == "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # a fixed port can be used again at once
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def _end_with_parent(server: uvicorn.Server, features: FeatureFolder | None) -> None:
    def wait() -> None:
        while os.read(0, 4096):  # not sys.stdin: its lock, held here, would abort Python's own shutdown
            pass
        server.should_exit = True
        time.sleep(LAST_WILL_S)
        if features is not None:
            features.wipe()
        os._exit(0)  # torch is deep in a kernel and nobody waits for it any more

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _leave(code: int) -> NoReturn:
    """End this process at once: taking Python apart takes seconds with torch in it, and may crash in a kernel."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from inference.backend import Backend

if __name__ == "__main__":
    sys.exit(main())
