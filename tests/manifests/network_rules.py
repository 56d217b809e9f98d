"""What NetworkPolicies of one namespace allow between its pods, as the API's documentation defines it."""

import ipaddress
from typing import Any

Labels = dict[str, str]


def connects(policies: list[dict[str, Any]], source: Labels, target: Labels, port: int) -> bool:
    """Whether a pod may open a TCP connection to another: the one's egress and the other's ingress allow it."""
    leaves = _allowed(policies, "Egress", source, lambda peer: _is_pod(peer, target), port)
    return leaves and _allowed(policies, "Ingress", target, lambda peer: _is_pod(peer, source), port)


def reaches(policies: list[dict[str, Any]], source: Labels, address: str, port: int) -> bool:
    """Whether a pod may open a TCP connection to an address outside the cluster's pods."""
    return _allowed(policies, "Egress", source, lambda peer: _holds(peer, address), port)


def matches(selector: dict[str, Any], labels: Labels) -> bool:
    """Whether a label selector selects; of the operators only In is known."""
    for item in selector.get("matchExpressions", ()):
        assert item["operator"] == "In", item
        if labels.get(item["key"]) not in item["values"]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def _allowed(policies: list[dict[str, Any]], direction: str, pod: Labels, is_peer: Any, port: int) -> bool:
    peers, field = ("to", "egress") if direction == "Egress" else ("from", "ingress")
    selecting = [item["spec"] for item in policies if direction in item["spec"]["policyTypes"]]
    selecting = [spec for spec in selecting if matches(spec["podSelector"], pod)]
    rules = [rule for spec in selecting for rule in spec.get(field, ())]
    return not selecting or any(
        (peers not in rule or any(is_peer(peer) for peer in rule[peers])) and _on_port(rule, port) for rule in rules
    )


def _on_port(rule: dict[str, Any], port: int) -> bool:
    tcp = [item for item in rule.get("ports", ()) if item.get("protocol", "TCP") == "TCP"]
    return "ports" not in rule or any(item.get("port", port) == port for item in tcp)


def _is_pod(peer: dict[str, Any], labels: Labels) -> bool:
    return "podSelector" in peer and "namespaceSelector" not in peer and matches(peer["podSelector"], labels)


def _holds(peer: dict[str, Any], address: str) -> bool:
    if "ipBlock" not in peer:
        return False
    host = ipaddress.ip_address(address)
    excepted = any(host in ipaddress.ip_network(item) for item in peer["ipBlock"].get("except", ()))
    return host in ipaddress.ip_network(peer["ipBlock"]["cidr"]) and not excepted
