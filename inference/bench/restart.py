"""How long a reader waits after the backend was killed: until a small question is answered again."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import psutil

from inference.backend import AskQuestion, ChatMessage, Finished, is_last
from inference.client import BackendClient
from inference.errors import BackendFault
from inference.supervisor import BackendProcess

QUESTION = AskQuestion(None, (ChatMessage("user", "What is a pleural effusion?"),), max_new_tokens=8)


@dataclass(frozen=True, slots=True)
class Restart:
    """Seconds from the kill."""

    listening_s: float  # the new process answers /health
    ready_s: float  # the model is loaded
    answered_s: float  # the question is answered
    processor_s: float  # what the new process computed for it: the wait on a machine with nothing else to do

    def as_json(self) -> dict[str, float]:
        return {name: round(seconds, 3) for name, seconds in asdict(self).items()}


def measure_restart(pack: str | None = None, device: str = "auto", times: int = 3) -> tuple[Restart, ...]:
    """Kill a backend with SIGKILL and use it again, `times` times; the default pack is the starter.

    Raises:
        InferenceError: It did not come back.
    """
    backend = BackendProcess(pack, device)
    try:
        _answer(backend.client())
        return tuple(_once(backend) for _ in range(times))
    finally:
        backend.stop()


def _once(backend: BackendProcess) -> Restart:
    process_id = backend.process_id
    if process_id is None:
        raise BackendFault("The backend had ended before it was killed.")
    begun = time.perf_counter()
    psutil.Process(process_id).kill()
    while backend.process_id == process_id:  # its end is noticed by the supervisor's own thread
        time.sleep(0.002)
    client = backend.client()
    listening = time.perf_counter()
    client.info()
    ready = time.perf_counter()
    _answer(client)
    answered = time.perf_counter()
    used = psutil.Process(backend.process_id).cpu_times()
    return Restart(listening - begun, ready - begun, answered - begun, used.user + used.system)


def _answer(client: BackendClient) -> None:
    last = next(event for event in client.run(QUESTION) if is_last(event))
    if not isinstance(last, Finished):
        raise BackendFault(f"The question was not answered: {last}.")
