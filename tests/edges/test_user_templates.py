"""Templates of the user's own: what they may not do, what they may cost, and that the mail goes out anyway."""

from __future__ import annotations

import os
import pickle
import resource

import pytest

import digests_samples as samples
from digests_samples import SLOT, TEMPLATES
from policywatch import bootstrap, errors
from policywatch.digests.render import MAX_HTML
from policywatch.digests.status import StatusView
from policywatch.model import Notice
from policywatch.pipeline import templates

SHIPPED = samples.renderer().render(samples.morning(), "zh-CN")


@pytest.fixture
def own(tmp_path):
    """A folder for templates, and `draw`, which draws the same digest with them."""
    made = []

    class Own:
        folder = tmp_path

        def write(self, name, text):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return self

        def renderer(self):
            made.append(templates.UserRenderer(str(tmp_path), str(TEMPLATES)))
            return made[-1]

        def draw(self, language="zh-CN"):
            return self.renderer().render(samples.morning(), language)

    yield Own()
    for one in made:
        one.close()


def is_shipped(rendered):
    """The built-in mail, whole, with a line about itself."""
    return (
        rendered.fault != ""
        and rendered.subject == SHIPPED.subject
        and "自带模板" in rendered.text
        and rendered.text.replace(line(rendered.text), "") == SHIPPED.text
    )


def line(text):
    return next(one for one in text.splitlines(keepends=True) if "自带模板" in one)


MARKER = "escaped-from-the-sandbox"
ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ('_' ~ '_class_' ~ '_')|list and ''|attr('_' ~ '_class_' ~ '_') }}",
    "{{ cycler.__init__.__globals__.os.popen('touch MARKER').read() }}",
    "{{ joiner.__init__.__globals__['os'].system('touch MARKER') }}",
    "{{ namespace.__init__.__globals__.__builtins__.open('MARKER', 'w') }}",
    "{{ lipsum.__globals__['os'].popen('touch MARKER').read() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.system('touch MARKER') }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__.__builtins__.__import__('os').system('touch MARKER') }}",
    "{{ t.__func__.__globals__ }}",
    "{{ t.__self__._texts }}",
    "{{ digest.__class__.__init__.__globals__ }}",
    "{{ '{0.__class__.__mro__}'.format('') }}",
    "{{ '{a.__class__}'.format_map({'a': ''}) }}",
    "{{ [digest]|map(attribute='__class__')|join }}",
    "{{ digest.groups.__class__.__base__.__subclasses__()[0] }}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "{% set x = [].append %}{{ x.__self__.__class__ }}",
    "{% include '../../../../../../etc/passwd' %}",
    "{% import 'os' as os %}{{ os.system('touch MARKER') }}",
]
BOMBS = {
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
    "one text, folded when compiled": "{{ 'a' * 1000000000 }}",
    "one text, made when drawn": "{% set n = digest.count * 200000000 %}{{ 'a' * n }}",
    "a float": "{{ 'a' * 1e9 }}",
    "doubling": "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "padding": "{{ '%999999999s' % 'a' }}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "recursion without end": "{% include 'digest.txt.j2' %}",
    "nesting": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "undefined": "{{ digest.titel }}",
    "undefined in vain": "{{ nothing.at.all }}",
    "much output": "{% for a in range(90000) %}{{ digest.headline }}{% endfor %}",
    "syntax": "{% if %}",
}


@pytest.mark.parametrize("payload", ESCAPES)
def test_111_a_template_does_not_get_out_of_its_sandbox(own, payload, monkeypatch):
    monkeypatch.chdir(own.folder)
    before = set(os.listdir(own.folder))
    rendered = own.write("digest.txt.j2", payload.replace("MARKER", MARKER)).draw()
    assert is_shipped(rendered)
    assert set(os.listdir(own.folder)) == before | {"digest.txt.j2"}


@pytest.mark.parametrize("name", BOMBS)
def test_111_a_template_that_costs_too_much_is_stopped_and_the_mail_goes_by_the_shipped_one(own, name):
    rendered = own.write("digest.txt.j2", BOMBS[name]).draw()
    assert is_shipped(rendered)
    assert "Traceback" not in rendered.fault
    assert len(rendered.fault) < 1000


def test_111_the_limits_are_two_seconds_and_256_mebibytes():
    assert (templates.CPU_SECONDS, templates.MEMORY_BYTES) == (2, 256 << 20)


def test_111_a_check_of_the_configuration_is_made_in_the_child(own):
    """What Jinja works out when it compiles a template (here a gigabyte) costs this process nothing."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    own.write("digest.txt.j2", BOMBS["one text, folded when compiled"]).renderer().check()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 100_000, "KiB"
    with pytest.raises(errors.PolicywatchError, match=r"digest.txt.j2, line 1"):
        own.write("digest.txt.j2", BOMBS["syntax"]).renderer().check()


def test_a_good_template_of_one_s_own_is_used_and_its_child_kept(own):
    renderer = own.write("digest.subject.j2", "{{ digest.name }}: {{ digest.count }}!").renderer()
    drawn = renderer.render(samples.morning(), "en")
    assert (drawn.subject, drawn.fault) == ("未来产业早报: 6!", "")
    assert drawn.html == samples.renderer().render(samples.morning(), "en").html
    assert renderer.render(samples.morning(), "zh-CN").html == SHIPPED.html
    assert renderer.notice(Notice("config", ("x",)), "en", SLOT, SLOT.tzinfo, None).fault == ""


def test_a_style_sheet_of_one_s_own_goes_onto_the_tags(own):
    sheet = (TEMPLATES / "_parts" / "inline.css").read_text("utf-8").replace("#0b5b4c", "#123456")
    html = own.write("_parts/inline.css", sheet).draw().html
    assert "#123456" in html
    assert "#0b5b4c" not in html


def test_a_template_that_drowns_the_stories_is_not_used(own):
    """Gmail would cut the mail before its last line, and with it the link that ends the subscription."""
    text = '{% extends "_parts/layout.html.j2" %}{% block head %}' + "long " * MAX_HTML + "{% endblock %}"
    rendered = own.write("digest.html.j2", text).draw()
    assert is_shipped(rendered)
    assert "at most 90,000" in rendered.fault


def test_words_of_one_s_own_are_used_by_the_shipped_templates_too(own):
    own.write("locales/fr.yaml", "footer.leave: Se désabonner\n")
    drawn = own.draw("fr")
    assert "Se désabonner" in drawn.text
    assert drawn.fault == ""
    own.write("digest.txt.j2", "{{ nothing }}")
    assert "Se désabonner" in own.draw("fr").text
    own.write("locales/fr.yaml", "- no mapping")
    assert "Unsubscribe" in own.draw("fr").text


def test_a_page_of_one_s_own_that_fails_is_shown_by_the_shipped_one(own):
    renderer = own.write("web/status.html.j2", "<p>{{ page.headline }}</p>").renderer()
    status = StatusView(SLOT, SLOT.tzinfo)
    assert renderer.status(status, "en") == "<p>All is well</p>"
    renderer = own.write("web/status.html.j2", "{{ page.nothing }}").renderer()
    assert "policywatch status" in renderer.status(status, "en")


def test_a_template_that_breaks_its_child_again_and_again_is_left_alone(own):
    renderer = own.write("digest.txt.j2", "{{ '%999999999s' % 'a' }}").renderer()
    renderer._bench.broken = templates.TRIES
    renderer._last_fault = "it took more than 2 s of processor time and was stopped"
    rendered = renderer.render(samples.morning(), "zh-CN")
    assert "2 s of processor time" in rendered.fault
    assert renderer._bench._process is None, "no further child"


def test_without_a_folder_of_one_s_own_nothing_is_started(tmp_path):
    (tmp_path / "policywatch.yaml").write_text(
        "mail: {kind: maildir, path: mail, from: a@example.org}\n"
        "watchlists: [{name: 量子科技}]\nsources: []\nsubscriptions: []\n"
    )
    assert type(bootstrap.renderer_of(bootstrap.load(tmp_path / "policywatch.yaml"))).__name__ == "Renderer"


def test_what_is_handed_to_the_child_can_be():
    assert pickle.loads(pickle.dumps(samples.morning())) == samples.morning()
