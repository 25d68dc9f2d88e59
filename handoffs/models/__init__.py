from handoffs.models.conversation import Author, Conversation, Erased, Explanation, Message, Transfer, Visitor, VisitorToken
from handoffs.models.file import File, FileBytes
from handoffs.models.handoff import Handoff
from handoffs.models.ledger import Delivery, Receipt
from handoffs.models.people import Membership, workspaces_of
from handoffs.models.scenario import Block, InterfaceSettings, MessageTemplate, Picture, Scenario
from handoffs.models.workspace import Workspace

__all__ = [
    "Author",
    "Block",
    "Conversation",
    "Delivery",
    "Erased",
    "Explanation",
    "File",
    "FileBytes",
    "Handoff",
    "InterfaceSettings",
    "Membership",
    "Message",
    "MessageTemplate",
    "Picture",
    "Receipt",
    "Scenario",
    "Transfer",
    "Visitor",
    "VisitorToken",
    "Workspace",
    "workspaces_of",
]
