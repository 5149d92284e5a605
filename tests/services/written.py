"""What each verb of test_what_is_written.py writes into the journal, which kinds of changes open pages hear of, who is
told of what, and which rows come (+) and go (-), how many, and which columns of others change."""

WRITTEN: dict[str, tuple[str, str, str, str]] = {
    "a task is made": (
        "task.created",
        "people tasks",
        "rep1: task.created",
        "+journal*1 +notification*1 +task*1 +task_alarm*2 inbox.seq inbox.unread",
    ),
    "a task is made, due in working days": (
        "task.created",
        "people tasks",
        "rep1: task.created",
        "+journal*1 +notification*1 +task*1 +task_alarm*2 inbox.seq inbox.unread",
    ),
    "a task is begun": (
        "task.started",
        "tasks tasks_left",
        "",
        "+journal*1 task.state task.version",
    ),
    "a task is handed in": (
        "important.opened, task.acceptor_asked, task.submitted",
        "important people tasks tasks_left",
        "north: task.awaiting_acceptance",
        """+important_item*1 +important_place*1 +important_rung*1 +journal*3 +notification*1 +task_alarm*1
        inbox.seq inbox.unread notification.read_at task.acceptance_due_at task.result task.state
        task.submitted_at task.version task_alarm.ended_at task_alarm.state""",
    ),
    "a task without acceptance is handed in": (
        "task.submitted",
        "people tasks tasks_left",
        "north: task.done",
        """+journal*1 +notification*1 inbox.seq inbox.unread notification.read_at task.ended_at task.result
        task.state task.submitted_at task.version task_alarm.ended_at task_alarm.state""",
    ),
    "a task is accepted": (
        "important.settled, task.accepted",
        "important people tasks tasks_left",
        "rep1: task.accepted",
        """+journal*2 +notification*1 +task_decision*1 important_item.ended_at important_item.left_at
        important_item.live_key important_item.next_at important_item.reason important_item.state
        important_place.ended_at important_place.is_live important_place.stands important_rung.ended_at
        important_rung.state inbox.seq inbox.unread notification.read_at task.ended_at task.state
        task.version task_alarm.ended_at task_alarm.state""",
    ),
    "a task is sent back": (
        "important.settled, task.returned",
        "important people tasks tasks_left",
        "rep1: task.returned",
        """+journal*2 +notification*1 +task_alarm*2 +task_decision*1 +task_return*1 important_item.ended_at
        important_item.left_at important_item.live_key important_item.next_at important_item.reason
        important_item.state important_place.ended_at important_place.is_live important_place.stands
        important_rung.ended_at important_rung.state inbox.seq inbox.unread notification.read_at
        task.acceptance_due_at task.returns_count task.state task.version task_alarm.ended_at
        task_alarm.state""",
    ),
    "a task is cancelled": (
        "task.cancelled",
        "people tasks tasks_left",
        "rep1: task.cancelled",
        """+journal*1 +notification*1 +task_decision*1 inbox.seq notification.read_at task.ended_at task.state
        task.version task_alarm.ended_at task_alarm.state""",
    ),
    "a task is delegated": (
        "task.handed_over",
        "people tasks tasks_left",
        "rep1: task.given_on, rep2: task.handed_over",
        """+journal*1 +notification*2 inbox.seq inbox.unread notification.read_at task.assignee_id task.version""",
    ),
    "a reminder is set": (
        "task.reminder_set",
        "tasks",
        "",
        "+journal*1 +task_alarm*1 task.version task_alarm.ended_at task_alarm.state",
    ),
    "a file is attached, twice the same": (
        "task.file_attached",
        "tasks",
        "",
        "+journal*1 +task_file*1 +task_file_part*1",
    ),
    "an invoice is issued": (
        "invoice.issued",
        "deals",
        "",
        "+invoice*1 +journal*1",
    ),
    "an invoice is paid in part": (
        "invoice.paid",
        "deals",
        "",
        "+journal*1 +payment*1 invoice.paid_minor",
    ),
    "an item is opened": (
        "important.opened",
        "deals important",
        "",
        "+important_item*1 +important_place*1 +journal*1",
    ),
    "an item's cause comes up again": (
        "",
        "important",
        "",
        "+important_place*1 important_item.times",
    ),
    "an item is taken": (
        "important.taken",
        "deals important",
        "",
        """+journal*1 important_item.holder_id important_item.left_at important_item.state important_item.taken_after
        important_item.taken_at important_item.taken_by_id important_place.stands""",
    ),
    "an item is put aside": (
        "important.snoozed",
        "deals important",
        "",
        """+important_rung*1 +journal*1 important_item.holder_id important_item.left_at important_item.snoozed_until
        important_item.snoozes important_item.state important_place.stands""",
    ),
    "an item is put aside until the client answers": (
        "important.snoozed",
        "deals important",
        "",
        """+important_rung*1 +journal*1 important_item.holder_id important_item.left_at important_item.snoozed_until
        important_item.snoozes important_item.state important_item.until_client important_place.stands""",
    ),
    "an item is handed on": (
        "important.handed_on",
        "deals important people",
        "head: important.handed_on",
        """+important_place*1 +journal*1 +notification*1 important_item.holder_id important_item.left_at
        important_item.state important_place.stands inbox.seq inbox.unread""",
    ),
    "an item is asked about": (
        "important.asked",
        "deals important people",
        "rep1: important.asked",
        "+journal*1 +notification*1 important_item.asked_by_id important_item.question inbox.seq inbox.unread",
    ),
    "an item is explained": (
        "important.explained",
        "deals important people",
        "north: important.explained",
        """+journal*1 +notification*1 important_item.explanation inbox.seq inbox.unread notification.read_at""",
    ),
    "an item is done": (
        "important.settled",
        "deals important",
        "",
        """+journal*1 important_item.ended_at important_item.live_key important_item.reason important_item.state
        important_item.word important_place.ended_at important_place.is_live important_place.stands""",
    ),
    "an item comes back": (
        "important.came_back",
        "deals important",
        "",
        "+journal*1 important_item.holder_id important_item.left_at important_item.state important_place.stands",
    ),
    "an item climbs": (
        "important.climbed",
        "deals important people",
        "head: important.climbed",
        "+important_place*1 +journal*1 +notification*1 important_item.level inbox.seq inbox.unread",
    ),
    "a step is agreed on": (
        "next_step.agreed",
        "deals tasks",
        "",
        "+journal*1 +task*1 +task_alarm*2",
    ),
    "a step is agreed on anew, for somebody else": (
        "next_step.changed",
        "deals people tasks tasks_left",
        "rep2: task.created",
        """+journal*1 +notification*1 +task_alarm*2 inbox.seq inbox.unread task.assignee_id task.due_at task.version
        task_alarm.ended_at task_alarm.state""",
    ),
    "a step is done": (
        "next_step.done",
        "deals tasks",
        "",
        "+journal*1 task.ended_at task.state task.version task_alarm.ended_at task_alarm.state",
    ),
    "a step is cancelled": (
        "next_step.cancelled",
        "deals tasks",
        "",
        "+journal*1 task.ended_at task.state task.version task_alarm.ended_at task_alarm.state",
    ),
    "a step is taken back": (
        "next_step.taken_back",
        "deals tasks",
        "",
        "+journal*1 task.ended_at task.state task.version task_alarm.ended_at task_alarm.state",
    ),
    "an absence is added": (
        "absence.added",
        "chart people rights",
        "rep2: absence.standing_in",
        "+absence*1 +journal*1 +notification*1 firm.config_version inbox.seq inbox.unread",
    ),
    "an absence is changed": (
        "absence.changed",
        "chart people rights",
        "rep2: absence.standing_down",
        """+journal*1 +notification*1 absence.cover_id absence.from_on absence.until_on firm.config_version inbox.seq
        inbox.unread""",
    ),
    "an absence is removed": (
        "absence.removed",
        "chart people rights",
        "rep2: absence.standing_down",
        "+journal*1 +notification*1 -absence*1 firm.config_version inbox.seq inbox.unread",
    ),
    "a season is made": (
        "season.created",
        "",
        "",
        "+journal*1 +season*1 firm.config_version",
    ),
    "a season is edited": (
        "season.edited",
        "",
        "",
        "+journal*1 firm.config_version season.change",
    ),
    "a season is edited to what it is": (
        "",
        "",
        "",
        "",
    ),
    "a season is removed": (
        "season.removed",
        "",
        "",
        "+journal*1 -season*1 firm.config_version",
    ),
    "a department is made": (
        "department.added",
        "chart rights",
        "",
        "+department*1 +journal*1 firm.config_version",
    ),
    "a department is renamed": (
        "department.renamed",
        "chart rights",
        "",
        "+journal*1 department.name firm.config_version",
    ),
    "a department is moved": (
        "department.moved",
        "chart rights",
        "",
        "+journal*1 department.parent_id firm.config_version",
    ),
    "a department is archived": (
        "department.archived",
        "chart rights",
        "",
        "+journal*1 department.archived_at firm.config_version",
    ),
    "a department is brought back": (
        "department.brought_back",
        "chart rights",
        "",
        "+journal*1 department.archived_at firm.config_version",
    ),
    "a department gets leads": (
        "user.department_changed",
        "chart rights",
        "",
        "+journal*1 +post*1 firm.config_version",
    ),
    "of two heads the other is asked first": (
        "department.order_changed",
        "chart rights",
        "",
        "+journal*1 firm.config_version post.position",
    ),
    "a person is put elsewhere": (
        "user.department_changed",
        "chart rights",
        "",
        "+journal*1 +membership*1 -membership*1 firm.config_version",
    ),
    "a person is taken out": (
        "user.department_changed",
        "chart rights",
        "",
        "+journal*1 -membership*1 firm.config_version",
    ),
    "a person leaves": (
        "user.deactivated",
        "chart rights",
        "",
        "+journal*1 app_user.is_active firm.config_version",
    ),
    "a person is back": (
        "user.activated",
        "chart rights",
        "",
        "+journal*1 app_user.is_active firm.config_version",
    ),
    "a person is made an admin": (
        "user.admin_changed",
        "chart rights",
        "",
        "+journal*1 app_user.is_admin firm.config_version",
    ),
    "a person is made an admin who is one": (
        "",
        "",
        "",
        "",
    ),
    "a profile is changed": (
        "user.edited, user.edited, user.edited, user.edited",
        "rights",
        "",
        "+journal*4 app_user.locale app_user.name app_user.theme app_user.time_zone firm.config_version",
    ),
    "a person is invited": (
        "user.added, user.department_changed, user.edited, user.edited",
        "chart rights",
        "",
        "+app_user*1 +inbox*1 +journal*4 +membership*1 firm.config_version",
    ),
    "how to be told is chosen": (
        "user.telling_chosen",
        "",
        "",
        "+journal*1 +telling*1",
    ),
    "how to be told is chosen as it is": (
        "",
        "",
        "",
        "",
    ),
    "all is read": (
        "",
        "people",
        "",
        "inbox.unread notification.read_at",
    ),
}
