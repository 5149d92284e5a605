from collections import Counter
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.faults.machine import Machine
from tests.faults.scene import Scene
from webapp.db import session
from webapp.models import RobotRun, TaskAlarm, Task, Notification
from sqlalchemy import select, func

def test_x(scene: Scene) -> None:
    c = Counter()
    class M(Machine):
        def teardown(self):
            c["examples"] += 1
            for r in session().scalars(select(RobotRun.state)): c["run "+r] += 1
            for r in session().scalars(select(TaskAlarm.state)): c["alarm "+r] += 1
            for r in session().scalars(select(Notification.kind)): c["told "+r] += 1
            c["attempts>1"] += session().scalar(select(func.count()).where(RobotRun.attempts>1))
            session().close()
            super().teardown()
    for name in ("a_worker_claims","it_finishes_however_late","it_is_killed","the_clock_jumps","a_client_writes","the_move_is_taken_back"):
        pass
    run_state_machine_as_test(lambda: M(scene), settings=settings(max_examples=40, stateful_step_count=40, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)))
    print(c)
