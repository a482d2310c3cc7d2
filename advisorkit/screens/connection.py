"""The line between a page and its kernel, as the servers of workbooks keep it."""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends every message at once: else the system holds a small one back, for up to 40 ms, until the page has acknowledged the one before."""

    def connect(self) -> Any:
        """Open the line."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
