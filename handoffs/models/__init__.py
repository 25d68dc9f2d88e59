from handoffs.models.conversation import Author, Conversation, Message, Transfer, Visitor, VisitorToken
from handoffs.models.file import File, FileBytes
from handoffs.models.handoff import Handoff
from handoffs.models.ledger import Delivery, Receipt
from handoffs.models.scenario import Block, InterfaceSettings, MessageTemplate, Scenario
from handoffs.models.workspace import Workspace

__all__ = [
    "Author",
    "Block",
    "Conversation",
    "Delivery",
    "File",
    "FileBytes",
    "Handoff",
    "InterfaceSettings",
    "Message",
    "MessageTemplate",
    "Receipt",
    "Scenario",
    "Transfer",
    "Visitor",
    "VisitorToken",
    "Workspace",
]
