"""Cases over HTTP: the applicant's side, the officers' side, and progress by code."""

from mobile_api.api import Api
from mobile_api.cases import desk, filing, forms, papers, steps, uploads, window

api = Api("cases")
api.operations = [
    *filing.api.operations,
    *forms.api.operations,
    *papers.api.operations,
    *uploads.api.operations,
    *desk.api.operations,
    *window.api.operations,
    *steps.MINE.api.operations,
    *steps.WINDOW.api.operations,
]
