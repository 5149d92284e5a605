"""Forms, one mechanism for all: what a form asks for is declared, what was posted is read by that, what its fields had
shown is compared, and a refused form comes back as it was typed, each problem beside its field."""

from webapp.web.forms.answers import BLANK, FormState
from webapp.web.forms.posted import Form, Posted, posted_pairs, read_id

__all__ = ["BLANK", "Form", "FormState", "Posted", "posted_pairs", "read_id"]
