"""A slow call beside the event loop, in a thread that ends with it: nothing waits for it when the server ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(call: Callable[[], T]) -> T:
    """The result of `call()`, or what it raised."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(done: Callable[[], None]) -> None:
        if not result.done():  # nobody waits any more
            done()

    def work() -> None:
        try:
            value = call()
        except Exception as error:
            told = error
            answer = lambda: result.set_exception(told)  # noqa: E731  # one of two
        else:
            answer = lambda: result.set_result(value)  # noqa: E731
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, answer)

    threading.Thread(target=work, name="aside", daemon=True).start()
    return await result
