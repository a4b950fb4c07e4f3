"""Mails in a browser: what is in them fits a phone, however long it is."""

from __future__ import annotations

import digests_samples as samples


def test_a_long_title_term_and_name_fit_a_phone(browser):
    name, term = "未来产业与" * 12, "量子科技和脑机接口" * 5
    story = samples.story(
        1, "关于进一步加快推进量子科技高质量发展若干政策措施" * 8, url="https://example.org/" + "a" * 300,
        publisher="示例省工业和信息化厅" * 6, source_name="x" * 120,
        hits=[samples.hit(name, 70, [samples.span(term, "title")], "A" * 400, [(0, 9)])],
    )  # fmt: skip
    more = [samples.story(2 + number, hits=[samples.hit(f"清单{number}")]) for number in range(2)]
    mail = samples.digest([story, *more], lists=(name, "清单0", "清单1"), public_url="https://watch.example.org")
    with browser.new_context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        for language in ("zh-CN", "en"):
            page.set_content(samples.renderer().render(mail, language).html)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{language}: {wide} px too wide"
