"""The search of the archive on both databases: every substring is found, filters, order, pages, what the index lags."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from policywatch.model import Article, Document, Excerpt, Hit, TextState
from policywatch.store import articles, documents, hits, indexing, query, search, sources, stories
from policywatch.store.db import Database

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def db(place):
    made = Database.open(place)
    rows = [sources.SourceRow(name, f"{name} 网", "feed", f"https://{name}/", "f") for name in ("s", "other")]
    made.write_now(sources.sync, rows, NOW)
    yield made
    made.close()


def add(db, title, body="", *, number=None, published=NOW, source="s", **entry) -> articles.Added:
    number = abs(hash((title, body, number, source))) % (1 << 60)
    article = Article(
        source=source,
        key=f"{number:016x}",
        url=f"https://a/{number}",
        canonical_url=f"https://a/{number}",
        title=title,
        original_title=title,
        body=body,
        original_body=body,
        published=published,
        fetched_at=NOW,
        publisher="示例部",
        text_state=TextState.COMPLETE,
        signature=f"{number:016x}",
    )
    (added,) = db.write_now(articles.add, [articles.NewArticle(article, **entry)])
    return added


def index(db):
    while entries := db.read_now(indexing.take, 50):
        db.write_now(indexing.put, entries)


def found(db, wanted, filters=None, **how):
    index(db)
    results = db.read_now(search.search, query.parsed(wanted), filters or search.Filters(), **how)
    return [match.story.title for match in results.matches]


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ("量", ["量子计算"]),
        ("人形机器人", ["机器人"]),
        ("人形機器人", ["机器人"]),
        ("机器 补贴", ["机器人"]),
        ('"机器 补贴"', []),
        ("补贴", ["机器人"]),
        ("机人", []),
        ("器人补", []),
        ("ai", ["AI 与大模型"]),
        ('"ai"', ["AI 与大模型", "Main"]),
        ("ＡＩ", ["AI 与大模型"]),
        ("量子 OR ai", ["量子计算", "AI 与大模型"]),
        ("机器人 -补贴", ["国产机"]),
        ("机器人 -汽车", ["机器人", "国产机"]),
        ("title:机器人", ["机器人"]),
        ("标题：国产机", ["国产机"]),
        ("5.3%", ["国产机"]),
        ("机器，补贴", ["机器人"]),
        ("机器、补贴;标准", ["机器人"]),
        ("补贴 AND 机器", ["机器人"]),
        ("机器人 + 补贴", ["机器人"]),
        ("机器人 NOT 补贴", ["国产机"]),
        ("量子 或 ai", ["量子计算", "AI 与大模型"]),
        ("dom*", ["Main"]),
        ("mai*", ["Main"]),
        ("ain*", []),
        ("机器*", ["机器人", "国产机"]),
        ("《人形机器人》", ["机器人"]),
        ("《人形机器人", ["机器人"]),
        ("title:《国产机》", ["国产机"]),
        ("国办发[2026]3号", ["国产机", "机器人"]),
        ("国办发〔2026〕3号", ["国产机", "机器人"]),
        ("“国办发【2026】3号”", ["国产机", "机器人"]),
        ("1,234", ["国产机"]),
        ("1,23", []),
        ("-量子 计", ["AI 与大模型"]),
    ],
)
def test_what_is_asked_for_is_found(db, wanted, titles):
    add(db, "机器人", "国办发〔2026〕3号\n\n关于人形机器人的通知。\n\n补贴标准")
    add(db, "量子计算", "正文")
    add(db, "AI 与大模型", "统计口径")
    add(db, "Main", "domain")
    add(db, "国产机", "国办发（2026）3号说，工业机器人增长 5.3%，共 1,234 台")
    assert sorted(found(db, wanted)) == sorted(titles)


SIGNS = "人机器形量子的国家办法通知AIai6G %，。（）\n《》𠮷é"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(SIGNS, min_size=2, max_size=40), min_size=1, max_size=6), st.data())
def test_every_substring_of_two_or_more_characters_is_found(db, bodies, data):
    """And nothing else: each article whose folded text holds the phrase, and no other."""
    from policywatch.text.fold import folded

    db.write_now(
        lambda tx: [tx.execute(text(f"DELETE FROM {table}")) for table in ("article_text", "article", "story")]
    )
    index_all(db)
    added = {add(db, f"标题{number}", body, number=number).article_id: body for number, body in enumerate(bodies)}
    index(db)
    body = folded(data.draw(st.sampled_from(bodies)))
    start = data.draw(st.integers(0, max(0, len(body) - 2)))
    end = data.draw(st.integers(start + 2, start + 12))
    part = folded(body[start:end]).strip()
    if not part:
        return
    wanted = query.Query(((query.Term(part, is_phrase=True),),))
    results = db.read_now(search.search, wanted, search.Filters(), limit=50)
    assert {match.article for match in results.matches} == {
        article for article, whole in added.items() if part in folded(whole)
    }


def index_all(db):
    db.write_now(
        lambda tx: tx.execute(text("INSERT INTO search_queue SELECT article_id, 1 FROM search_text WHERE document > 0"))
    )
    index(db)


def test_filters_narrow_also_after_the_hits_changed(db):
    notice = add(db, "补贴通知", "补贴", published=NOW - timedelta(days=3))
    add(db, "补贴新闻", "补贴", source="other")
    document = Document(kind="通知", region="深圳市", issuers=("工业和信息化部", "财政部"))
    db.write_now(documents.put, [documents.Row(notice.article_id, document)])
    db.write_now(hits.add, [(notice.article_id, Hit("氢能", 50.0, (), Excerpt()))], NOW)
    for filters in (
        {"watchlists": ("氢能", "储能")},
        {"sources": ("s",)},
        {"regions": ("广东",)},
        {"regions": ("全国", "深圳市")},
        {"kinds": ("通知",)},
        {"issuer": "财政"},
        {"until": date(2026, 11, 20)},
        {"since": date(2026, 11, 20), "until": date(2026, 11, 22)},
    ):
        assert found(db, "补贴", search.Filters(**filters)) == ["补贴通知"], filters
        assert found(db, "", search.Filters(**filters)) == ["补贴通知"], filters
    for filters in ({"watchlists": ("储能",)}, {"issuer": "%"}, {"since": date(2026, 11, 24)}, {"regions": ("北京",)}):
        assert found(db, "补贴", search.Filters(**filters)) == []
    db.write_now(lambda tx: tx.execute(text("DELETE FROM hit WHERE score > 0")))
    assert found(db, "补贴", search.Filters(watchlists=("氢能",))) == []


def test_titles_come_first_or_the_newest(db):
    add(db, "旧的补贴", "正文", published=NOW - timedelta(days=2))
    add(db, "新闻", "说到补贴", published=NOW)
    assert found(db, "补贴") == ["旧的补贴", "新闻"]
    assert found(db, "补贴", newest=True) == ["新闻", "旧的补贴"]


@pytest.mark.parametrize("newest", [True, False])
def test_page_after_page_gives_each_story_once(db, newest):
    """Reprints stand on several days, in title or text; each story comes where it matches best, and never again."""
    import random

    dice = random.Random(1)
    rows = []
    for number in range(60):
        title, body = dice.choice((("补贴", ""), ("题", "补贴"), ("补贴", "补贴"), ("题", "文")))
        one = add(db, f"{title}{number}", body, number=number, published=NOW - timedelta(days=dice.randint(0, 9)))
        rows.append((one.story_id, "补贴" in title + body))
    for number in range(0, 60, 3):
        db.write_now(stories.merge, rows[number + 1][0], rows[number][0])
        rows[number + 1] = rows[number][0], rows[number + 1][1]
    db.write_now(stories.choose_heads, sorted({story for story, _ in rows}))
    index(db)
    seen = []
    after = None
    while True:
        results = db.read_now(
            search.search, query.parsed("补贴"), search.Filters(), newest=newest, limit=7, after=after
        )
        seen += [match.story.id for match in results.matches]
        after = results.after
        if after is None:
            break
        assert len(results.matches) == 7
    assert len(seen) == len(set(seen))
    assert set(seen) == {story for story, holds in rows if holds}


def test_marks_point_into_what_is_shown(db):
    add(db, "關於人形機器人", "前文。" * 100 + "支持人形機器人產業。" + "後文。" * 100)
    index(db)
    (match,) = db.read_now(search.search, query.parsed("人形机器人"), search.Filters()).matches
    assert [match.story.title[start:end] for start, end in match.title_marks] == ["人形機器人"]
    assert [match.excerpt.text[start:end] for start, end in match.excerpt.marks] == ["人形機器人"]
    assert len(match.excerpt.text) <= search.EXCERPT + 2


def test_the_index_follows_what_changes_and_says_what_it_lags(db):
    one = add(db, "标题", "量子计算", published=NOW)
    assert db.read_now(search.search, query.parsed("量子"), search.Filters()).waiting == 1
    assert found(db, "量子") == ["标题"]
    assert db.read_now(search.search, query.parsed("量子"), search.Filters()).waiting == 0
    db.write_now(articles.prune_texts, NOW + timedelta(days=1))
    assert found(db, "量子") == []
    assert found(db, "标题") == ["标题"]
    db.write_now(lambda tx: tx.execute(text("UPDATE article SET title = '新名', published_at = 0 WHERE id > 0")))
    db.write_now(indexing.want, [one.article_id])
    assert found(db, "标题") == []
    assert found(db, "新名") == ["新名"]


def test_what_changes_while_it_is_read_is_read_again(db):
    one = add(db, "标题", "旧文")
    taken = db.read_now(indexing.take, 10)
    db.write_now(indexing.want, [one.article_id])
    assert db.write_now(indexing.put, taken) == 0
    assert db.read_now(indexing.waiting) == 1


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("-汽车", "what is looked for"),
        ("OR 补贴", "between two words"),
        ("补贴 OR", "behind OR"),
        ("补贴 OR -汽车", "do not go together"),
        ("补贴 OR NOT 汽车", "do not go together"),
        ("补贴 NOT", "behind NOT"),
        ("NOT 汽车", "what is looked for"),
        ("“补贴", "not closed"),
        ("title:", "behind title:"),
        ("补" * 201, "at most 200"),
        ("补 " * 17, "at most 16"),
    ],
)
def test_what_is_no_query_is_told_so(wanted, said):
    with pytest.raises(query.QueryError, match=said):
        query.parsed(wanted)


@pytest.mark.parametrize("said", ["2026-11-05", "2026/11/5", "2026.11.05", "2026年11月5日", "20261105", "20d"])
def test_a_day_may_be_written_as_people_write_it(said):
    assert query.day(said, date(2026, 11, 25)) == date(2026, 11, 5)


@pytest.mark.parametrize("said", ["2026-13-01", "2026年2月30日", "gestern", "11-05", "2026/11", "0d0"])
def test_what_is_no_day_is_told_so(said):
    with pytest.raises(query.QueryError, match="is no day"):
        query.day(said, date(2026, 11, 25))


def test_brackets_of_a_number_are_marked_as_they_are_shown(db):
    add(db, "通知", "国办发[2026]3号")
    index(db)
    (match,) = db.read_now(search.search, query.parsed("国办发〔2026〕3号"), search.Filters()).matches
    assert [match.excerpt.text[start:end] for start, end in match.excerpt.marks] == ["国办发[2026]3号"]
