"""What a desk refused is tried again from the list of deliveries."""

from django.contrib.auth.models import Permission

from handoffs import relay
from handoffs.models import Delivery

LIST = "/admin/handoffs/delivery/"


def choose(client, *deliveries):
    chosen = {"action": "try_again", "_selected_action": [delivery.pk for delivery in deliveries]}
    return client.post(LIST, chosen, follow=True)


def test_a_refused_delivery_is_tried_again_and_arrives_once(admin_client, parked, sheet):
    answer = choose(admin_client, parked)
    assert "1 of 1 are tried again" in answer.content.decode()
    choose(admin_client, parked)
    relay.relay(parked.conversation_id)
    assert sheet.texts() == ["hello?"]


def test_what_was_not_refused_is_left_alone(admin_client, parked):
    brief = Delivery.objects.get(kind="brief")
    answer = choose(admin_client, brief)
    assert "The other 1 had not been refused." in answer.content.decode()
    brief.refresh_from_db()
    assert brief.state == "sent"


def test_only_those_who_may_change_handoffs_may_do_it(client, django_user_model, parked):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(clerk)
    choose(client, parked)
    parked.refresh_from_db()
    assert parked.state == "parked"
