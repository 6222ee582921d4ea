"""Notifications (推送): people are told on WeChat what happens to their matters.

created → sending → sent → delivered. Others end as no_recipient (the person does not follow),
failed_permanent (refuses, left), failed_technical (a fault of ours or WeChat's) or, when the answer
was lost for ten minutes, unknown until WeChat's report settles it. An event is told to a person
once. What is said, and in which template, is dated data.
"""

from citydesk.notifications.districts import district_key, note_district, usual_district
from citydesk.notifications.menu import MenuRefused, publish_menu
from citydesk.notifications.messages import Message, my_messages
from citydesk.notifications.rules import ToTell
from citydesk.notifications.sending import Telling, teller
from citydesk.notifications.settling import reconcile, settle
from citydesk.notifications.tellings import TELLINGS
from citydesk.notifications.templates import TemplateFaulty, import_templates, load

__all__ = [
    "TELLINGS",
    "MenuRefused",
    "Message",
    "Telling",
    "TemplateFaulty",
    "ToTell",
    "district_key",
    "import_templates",
    "load",
    "my_messages",
    "note_district",
    "publish_menu",
    "reconcile",
    "settle",
    "tell",
    "teller",
    "usual_district",
]

tell = teller(TELLINGS)
