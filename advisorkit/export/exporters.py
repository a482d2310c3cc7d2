"""The formats as nbconvert exporters: ``jupyter nbconvert --to advisor-pdf`` and the others."""

from importlib import import_module
from typing import Any, ClassVar

from nbconvert.exporters import Exporter
from nbformat.v4 import new_notebook
from traitlets import Bool, Unicode

from advisorkit.export.formats import FORMATS, FileFormat, chosen


class AdvisorExporter(Exporter):
    """nbconvert exporter of executed notebooks: blocks only, no code, nothing fetched.

    Raises:
        RenderError: While exporting, if the notebook is unfinished or an output has no renderer.
        UsageError: While exporting, if the format needs a package that is not here.
    """

    format: ClassVar[str] = "html"
    default_preprocessors: list[str] = []  # noqa: RUF012

    interactive = Bool(default_value=False, help="HTML only: embed plotly, so that charts answer to the pointer").tag(config=True)
    brand_file = Unicode("", help="Brand file that wins over the notebook's own").tag(config=True)

    def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> tuple[str | bytes, dict[str, Any]]:  # type: ignore[override]
        """The file's content and nbconvert's resources."""
        module, _, name = FORMATS[chosen([self.format])[0]].renderer.partition(":")
        made = getattr(import_module(module), name)(nb, interactive=self.interactive, brand=self.brand_file or None)
        return made, super().from_notebook_node(new_notebook(), resources, **kw)[1]  # type: ignore[no-untyped-call]


def _exporter(made: FileFormat) -> type[AdvisorExporter]:
    look = {"format": made.name, "export_from_notebook": made.title, "output_mimetype": made.mime, "file_extension": f".{made.name}"}
    return type(f"Advisor{made.name.upper()}Exporter", (AdvisorExporter,), {**look, "__module__": __name__, "__doc__": made.title})


globals().update({one.__name__: one for one in map(_exporter, FORMATS.values())})
