"""Where an environment that was installed before the engine moved finds it."""

from advisorkit.batch.worker import ForkEngine

ZygoteEngine = ForkEngine
