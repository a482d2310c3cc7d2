"""The formats as nbconvert exporters: ``jupyter nbconvert --to advisor-pdf`` and the others."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from nbconvert.exporters import Exporter
from nbformat.v4 import new_notebook
from traitlets import Bool, Unicode

from advisorkit.export.formats import RENDERERS, chosen


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
        module, _, name = RENDERERS[chosen([self.format])[0]].partition(":")
        made = getattr(import_module(module), name)(nb, interactive=self.interactive, brand=self.brand_file or None)
        return made, super().from_notebook_node(new_notebook(), resources, **kw)[1]  # type: ignore[no-untyped-call]


class AdvisorHTMLExporter(AdvisorExporter):
    """A web page."""

    export_from_notebook = "Advice report (HTML)"
    output_mimetype = "text/html"
    file_extension = ".html"


class AdvisorPDFExporter(AdvisorExporter):
    """Pages for printing and for archives."""

    export_from_notebook = "Advice report (PDF)"
    output_mimetype = "application/pdf"
    file_extension = ".pdf"
    format = "pdf"


class AdvisorDOCXExporter(AdvisorExporter):
    """A Word document."""

    export_from_notebook = "Advice report (Word)"
    output_mimetype = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    file_extension = ".docx"
    format = "docx"


class AdvisorPPTXExporter(AdvisorExporter):
    """Slides."""

    format = "pptx"
    export_from_notebook = "Board deck (PowerPoint)"
    output_mimetype = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    file_extension = ".pptx"


class AdvisorXLSXExporter(AdvisorExporter):
    """A workbook: live formulas where the notebook shows sheets, its tables otherwise."""

    format = "xlsx"
    export_from_notebook = "Cost workbook (XLSX)"
    output_mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file_extension = ".xlsx"
