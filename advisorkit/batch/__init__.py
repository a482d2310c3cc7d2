"""Many reports by morning: templates executed by papermill, one fresh process each, resumable and whole."""

from advisorkit.batch.inputs import gather, job_of
from advisorkit.batch.runner import produce
from advisorkit.batch.values import BatchResult, Deliverable, Job, Limits, Template

__all__ = ["BatchResult", "Deliverable", "Job", "Limits", "Template", "gather", "job_of", "produce"]
