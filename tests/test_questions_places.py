"""The questions on places."""

from tests.asking import ask, lines
from tests.conftest import study


def test_recruiting_near_gives_open_sites_within_the_distance_by_distance() -> None:
    sites = [
        {"facility": "Near", "city": "Paris", "country": "France", "geoPoint": {"lat": 48.9, "lon": 2.4}},
        {"facility": "Far", "city": "Lyon", "country": "France", "geoPoint": {"lat": 45.7, "lon": 4.8}},
        {"facility": "Closed", "city": "Paris", "status": "COMPLETED", "geoPoint": {"lat": 48.85, "lon": 2.35}},
    ]
    graph = lines(
        study(contactsLocationsModule={"locations": sites}),
        study("NCT00000002", statusModule={"overallStatus": "COMPLETED"}, contactsLocationsModule={"locations": sites}),
    )
    near = ("NCT00000001", "A Trial", "Near", "6.7")
    far = ("NCT00000001", "A Trial", "Far", "393.5")
    assert ask(graph, "recruiting-near", condition="ASTH", point="48.85,2.35") == [near]
    assert ask(graph, "recruiting-near", condition="asthma", point="48.85,2.35", within="400km") == [near, far]
    assert ask(graph, "recruiting-near", condition="copd", point="48.85,2.35") == []
