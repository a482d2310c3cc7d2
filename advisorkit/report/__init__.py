"""The client's report: pages of blocks made from an engagement, its advice and its costs.

A template's cells open a job and show pages; each page is a function from a `Study` to blocks.
"""

from advisorkit.export.bundles import done, show
from advisorkit.report.advice_pages import summary
from advisorkit.report.cost_pages import costs
from advisorkit.report.cost_workbook import cost_workbook
from advisorkit.report.job import Report, job_document, make_report, open_job, write_job
from advisorkit.report.pilot_pages import charter, failures, moved, pilot_cover, result, review, unmarked
from advisorkit.report.short_documents import brief, chosen_slides, decision_record, session_note, session_prep, slides, supplier_brief
from advisorkit.report.visit_pages import return_visit
from advisorkit.study.study import Study

__all__ = [
    "Report", "Study", "brief", "charter", "chosen_slides", "cost_workbook", "costs", "decision_record", "done", "failures", "job_document", "make_report", "moved",
    "open_job", "pilot_cover", "result", "return_visit", "review", "session_note", "session_prep", "show", "slides", "summary", "supplier_brief", "unmarked", "write_job",
]
