"""Exercise 6.1 says that the kernel left four of its numbers in SYNs: they come from there, and not from the rule."""

from dataclasses import replace

from tcpkit.check.lesson06 import unfinished


def test_the_rule_steps_in_for_no_address_of_lo(lab):
    by_rule = []
    watched = replace(unfinished, right=lambda *ends: by_rule.append(ends) or 0)
    fields = dict(zip(watched.inputs, watched.ask(lab, watched), strict=True))
    by_kernel = [ends for ends in watched.inputs if ends not in by_rule]
    assert by_kernel == [ends for ends in watched.inputs if ends[0].startswith("127.") and ends[2] == 40]
    assert len(by_kernel) == 4
    assert [fields[ends] for ends in by_kernel] == [unfinished.right(*ends) for ends in by_kernel]
