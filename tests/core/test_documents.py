"""Articles as policy documents: days, places, bodies, and that no text whatever breaks the reading."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch.articles.docmeta import days, document, names
from policywatch.articles.docmeta.sheet import Sheet, plain
from policywatch.articles.docmeta.trial import trial
from policywatch.model import KINDS
from policywatch.text import bodies, places

PIECES = [
    "国办发〔2026〕12号", "（", "）", "《", "》", "〔", "〕", "自2026年", "起施行", "5个工作日", "公示期", "2026年11月31日", "至", "12月3日前", "请于",
    "\n", " ", "工业和信息化部", "关于", "的通知", "征求意见", "二○二六年", "十一月", "有效期", "三年", "同时废止", "第", "号令", "Regulation (EU) 2026/1", "due by",
    "January 5, 2027", "\ud800", "\x00", "𠮷", "民國115年", "截止", "延长至", "-", "、",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join),
    st.sampled_from(["", "https://kjt.gd.gov.cn/1", "https://eur-lex.europa.eu/", "http://[bad", "news:x"]),
)
def test_any_text_is_read_and_what_is_said_of_it_has_its_form(body, title, url):
    found = document.read(title, body, url=url, fetched=date(2026, 11, 20))
    assert found.kind in KINDS
    assert found.level in {"国家", "省", "市", "区县", ""}
    assert bool(found.level) == bool(found.region)
    assert len({one.date for one in found.deadlines}) == len(found.deadlines)
    assert document.read(title, body, url=url, fetched=date(2026, 11, 20)) == found


@pytest.mark.parametrize("host", ["", "http://127.86.0.12:8080/1.html", "http://[::1]/1.html", "https://miit.gov.cn/1"])
def test_a_host_that_has_no_name_tells_nothing_of_who_writes(host):
    body = "为规范产品的安全设计，组织起草了《人形机器人安全要求》，现公开征求意见。意见反馈截止日期为2026年12月19日。"
    found = document.read(
        "示例部公开征求《人形机器人安全要求》强制性标准意见", body, url=host, fetched=date(2026, 11, 20)
    )
    assert (found.kind, [one.date for one in found.deadlines]) == ("征求意见稿", [date(2026, 12, 19)])


@pytest.mark.parametrize(
    ("title", "url", "region"),
    [
        ("A testbed for quantum computing opens", "https://wire.example.org/1", ""),
        ("A testbed for quantum computing opens", "https://english.www.gov.cn/1", "中国"),
        ("A testbed opens in the United Kingdom", "https://wire.example.org/1", "英国"),
        ("量子计算平台启用", "https://wire.example.org/1", "中国"),
    ],
)
def test_only_what_is_chinese_is_from_china_when_nothing_tells(title, url, region):
    assert document.read(title, title, url=url).region == region


@given(st.text(max_size=200))
def test_the_plain_text_is_as_long_as_the_text(text):
    assert len(plain(text)) == len(text)
    assert len(Sheet("", text).body) == len(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026年11月13日至12月12日", ["2026-11-13", "2026-12-12"]),
        ("12月30日9:00至1月14日16:00", ["2026-12-30", "2027-01-14"]),
        ("2026年11月18日—24日", ["2026-11-18", "2026-11-24"]),
        ("二○二六年十一月二十七日", ["2026-11-27"]),
        ("3月最后一个工作日", ["2027-03-31"]),
        ("2026.12.10-2026.12.24", ["2026-12-10", "2026-12-24"]),
        ("下周五前", ["2026-12-11"]),
        ("本月底前", ["2026-12-31"]),
        ("民国115年12月31日前", ["2026-12-31"]),
        ("no later than January 11, 2027", ["2027-01-11"]),
        ("25 January 2027", ["2027-01-25"]),
        ("2026年13月40日", []),
        ("2026年2月30日", []),
        ("电话0731-8895，邮编410000", []),
    ],
)
def test_days_are_read_as_they_are_written(text, found):
    assert [one.date.isoformat() for one in days.days_in(plain(text), date(2026, 12, 3))] == found


@pytest.mark.parametrize(
    ("first", "count", "last"),
    [
        ("2026-09-24", 5, "2026-10-08"),  # Mid-Autumn and National Day are off
        ("2026-02-12", 7, "2026-02-27"),  # over the Spring Festival, with a Saturday that is worked
        ("2026-11-21", 1, "2026-11-23"),  # a Saturday is no first day
        ("2099-01-01", 3, "2099-01-05"),  # no calendar yet: Monday to Friday
    ],
)
def test_working_days_are_chinas(first, count, last):
    assert days.after(date.fromisoformat(first), count, working=True) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("text", "region", "level"),
    [
        ("深圳市南山区科技创新局", "深圳市", "区县"),
        ("海南州科技局", "海南藏族自治州", "市"),
        ("海南省科技厅", "海南省", "省"),
        ("延边朝鲜族自治州人民政府", "延边朝鲜族自治州", "市"),
        ("江苏省昆山市人民政府", "苏州市", "区县"),
        ("苏州工业园区管理委员会", "苏州市", "区县"),
        ("吉林市工信局", "吉林市", "市"),
        ("吉林省工信厅", "吉林省", "省"),
        ("新疆生产建设兵团科学技术局", "新疆生产建设兵团", "省"),
        ("浦东新区科经委", "上海市", "区县"),
    ],
)
def test_a_place_is_known_by_the_beginning_of_a_name(text, region, level):
    place = places.at_start(text)
    assert (place.region, place.level) == (region, level)


def test_every_prefecture_has_its_province():
    cities = places.atlas().cities
    assert len(cities) >= 330
    assert all(place.province == cities[city] for city in cities for place in [places.at_start(city)])


@pytest.mark.parametrize(
    ("name", "province", "city", "full"),
    [
        ("工信部", "", "", "工业和信息化部"),
        ("国家发展改革委办公厅", "", "", "国家发展和改革委员会办公厅"),
        ("省科技厅", "安徽省", "", "安徽省科学技术厅"),
        ("市经信局", "浙江省", "宁波市", "宁波市经济和信息化局"),
        ("市科委", "北京市", "", "北京市科学技术委员会"),
        ("广东省工业和信息化厅", "", "", "广东省工业和信息化厅"),
        ("工业和信息化部（章）", "", "", "工业和信息化部"),
    ],
)
def test_short_names_become_full(name, province, city, full):
    assert bodies.full(plain(name), province, city) == full


@pytest.mark.parametrize(
    "title",
    [
        "关于印发《新型储能安全管理办法》的通知",
        "《新型储能安全管理办法（征求意见稿）》公开征求意见的公告",
        "《新型储能安全管理办法》解读",
        "新型储能安全管理办法（试行）",
    ],
)
def test_draft_final_text_and_interpretation_have_one_name(title):
    assert names.core(title) == "新型储能安全管理办法"


@pytest.mark.parametrize("title", ["征求意见稿", "公告", "我市召开推进会", "关于公开征求意见的公告", "《通知》解读"])
def test_a_title_that_names_nothing_of_its_own_brings_nothing_together(title):
    assert names.core(title) == ""


def test_try_document_answers_every_line():
    assert trial("{")["error"].startswith("not JSON")
    assert "not a JSON object" in trial("[1]")["error"]
    assert trial('{"id": 3, "title": 4}')["error"] == "title is no text"
    assert trial('{"id": 3, "meta": [1]}')["error"].startswith("meta is no object")
    assert trial('{"id": 7, "title": null, "fetched": "tomorrow", "url": "http://["}')["id"] == 7
    line = {
        "id": "a",
        "title": "关于组织申报2026年量子项目的通知",
        "body": "粤科函[2026]9号\n申报截止时间为12月1日。\n广东省科学技术厅\n2026年11月2日",
        "meta": {"PubDate": "2026-11-03 09:00"},
    }
    assert trial(json.dumps(line)) == {
        "id": "a",
        "numbers": ["粤科函〔2026〕9号"],
        "issuers": ["广东省科学技术厅"],
        "kind": "申报",
        "written": "2026-11-02",
        "published": "2026-11-03",
        "effective": None,
        "expires": None,
        "region": "广东省",
        "level": "省",
        "deadlines": [{"date": "2026-12-01", "kind": "申报", "text": "申报截止时间为12月1日"}],
        "relates": [],
    }


@pytest.mark.parametrize(
    "body",
    [
        "原定于2026年11月20日前报名。",
        "2026年第三批申报已于9月30日截止。",
        "力争2027年6月底前完成标准报批。",
        "项目执行期为2026年12月1日至2028年8月31日。",
        "大会定于2026年12月12日至14日举行。",
        "截至2026年12月31日，产值增长5%。",
        "证书有效期至2031年11月4日。",
        "常年受理，随到随审。",
        "自收到决定之日起60日内可申请行政复议。",
        "我局将于12月底前完成评审。",
        "1995年12月1日以后出生者可申报。",
        "申请人须于2026年12月31日前年满18周岁。",
        "形式审查：2026年12月15日前完成。",
        "各地要在2026年12月31日前完成存量系统改造。",
        "申报平台于11月12日18:00至11月14日8:00暂停服务。",
        "优胜项目12月30日前推荐至全国赛。",
        "2027年1月5日前，省厅完成形式审查并反馈结果。",
        "项目须在2026年12月31日前完成总投资的50%。",
        "请按时下达资金，项目应于2026年12月31日前竣工验收。",
        "至2026年12月31日止，已享受补贴的企业不再重复享受。",
        "会员企业2026年11月10日前提供的素材将优先采用。",
        "获奖项目须在2027年12月31日前完成成果转化，并于2028年1月31日前报送总结报告。",
        "批次 开始时间 截止说明\n第一批 2026年11月9日 见附件",
    ],
)
def test_what_is_no_deadline_is_none(body):
    found = document.read(
        "关于组织申报2026年度项目的通知", f"{body}\n广东省科学技术厅\n2026年11月2日", metas={"pubdate": "2026-11-02"}
    )
    assert found.deadlines == ()


def test_the_open_period_of_an_english_call_has_its_end():
    found = document.read(
        "Agency seeks comment on a draft", "The comment period is open through 11:59 p.m. ET on September 11, 2026."
    )
    assert [one.date for one in found.deadlines] == [date(2026, 9, 11)]


def test_a_period_that_is_reopened_ends_on_the_new_day():
    body = "The comment period, which closed on January 15, 2026, is reopened until March 12, 2026."
    found = document.read("Request for comments; reopening", body, url="https://www.federalregister.gov/d/1")
    assert [one.date for one in found.deadlines] == [date(2026, 3, 12)]


def test_a_foreign_medium_that_tells_of_a_call_opens_none():
    body = "WASHINGTON, June 3 (Wire) - The US department is seeking comments. Comments are due by July 31, 2026."
    found = document.read("US department seeks comments on drone rules", body, url="https://news.example.co.uk/a")
    assert (found.kind, found.deadlines) == ("新闻", ())


def test_the_head_of_a_federal_notice_says_what_it_is():
    body = "AGENCY: Office of Example.\nACTION: Final rule.\nDATES: This rule is effective on March 23, 2026."
    found = document.read("Supply chains: unmanned aircraft", body, url="https://www.federalregister.gov/d/1")
    assert (found.kind, found.effective, found.deadlines) == ("法规", date(2026, 3, 23), ())


def test_only_the_new_day_counts_where_a_deadline_was_moved():
    found = document.read(
        "关于延长申报时间的通知", "申报截止时间由11月20日延长至12月5日。\n广东省科学技术厅\n2026年11月12日"
    )
    assert [one.date for one in found.deadlines] == [date(2026, 12, 5)]


@pytest.mark.parametrize(
    ("title", "body", "found"),
    [
        ("申报", "各单位应于2026年12月15日（含）前完成网上申报。", ["2026-12-15"]),
        ("申报", "申报材料受理截止日期：2026年12月18日（以邮戳为准）。", ["2026-12-18"]),
        ("申报", "网上申报：2026年11月10日—11月28日，12月1日前将纸质材料报送至我厅。", ["2026-11-28", "2026-12-01"]),
        ("申报", "申报时间即日起至2026年11月30日。", ["2026-11-30"]),
        ("申报", "首批申报截止2026年11月30日，第二批截止2027年3月31日。", ["2026-11-30", "2027-03-31"]),
        ("申报", "自本通知发布之日起15个工作日内提交申请材料。", ["2026-11-23"]),
        ("申报", "评审时间：2026年12月10日至12月20日；公示时间：2027年1月5日至1月11日。", []),
        (
            "申报",
            "个人申报：11月3日—11月18日；用人单位审核：11月25日前；主管部门审核报送：12月10日前。",
            ["2026-11-18", "2026-11-25", "2026-12-10"],
        ),
        ("申报", "申报材料于11月底前报送区科技局业务科。", ["2026-11-30"]),
        ("申报", "申请受理时间为每周一至周五，截止到2026年12月20日。", ["2026-12-20"]),
        ("申报", "材料报送时间：2026.11.10-2026.11.24", ["2026-11-24"]),
        ("申报", "首批截止时间为2026年11月20日，后续批次另行通知。", ["2026-11-20"]),
        ("申报", "2026年12月15日17:00系统准时关闭，请错峰填报。", ["2026-12-15"]),
        ("申报", "请于11月9日前签订任务合同书，逾期取消立项资格。", ["2026-11-09"]),
        ("申报", "投标截止时间及开标时间：2026年11月24日9:30。", ["2026-11-24"]),
        ("申报", "问卷填写时间为11月3日至11月20日，请扫码参与。", ["2026-11-20"]),
        ("申报", "请于本通知发布之日起一个月内反馈意见。", ["2026-12-02"]),
        ("申报", "请于本通知发布之日起两周内反馈意见。", ["2026-11-16"]),
        ("申报", "网上申报10月26日10:00开始，11月20日19:30截止。", ["2026-11-20"]),
        ("申报", "企业申报（11月20日前）→县区初审（11月25日前）。", ["2026-11-20", "2026-11-25"]),
        ("申报", "请各单位注册账号（11月13日前），上传承诺书（11月24日前）。", ["2026-11-13", "2026-11-24"]),
        ("申报", "申报书电子版报送时间为11月16日前，纸质版为11月18日前。", ["2026-11-16", "2026-11-18"]),
        ("申报", "报名链接：http://example.cn，报名截至11月12日。", ["2026-11-12"]),
        ("申报", "报名时间：即日起—11月10日。", ["2026-11-10"]),
        ("申报", "凡在2026年11月30日24:00以后提交的申请，系统不予受理。", ["2026-11-30"]),
        ("申报", "请于公告发布后10日内，将材料寄送至我厅。", ["2026-11-12"]),
        ("申报", "请于11月11日（本周三）前报送材料。", ["2026-11-11"]),
        ("申报", "公开征集时间为2026年11月2日零时至2026年12月2日24时。", ["2026-12-02"]),
        ("申报", "调查问卷填写截止至2026年11月20日。", ["2026-11-20"]),
        ("公示", "公示期自11月3日起，共5个工作日。", ["2026-11-09"]),
        ("公示", "公示期为7天（2026年11月2日-11月8日）。", ["2026-11-08"]),
        ("公示", "对公示内容有异议的，请于公示之日起5个工作日内提出。", ["2026-11-09"]),
        ("公示", "项目实施期限2027年1月至2028年12月。公示时间：11月2日-11月6日。", ["2026-11-06"]),
    ],
)
def test_deadlines_are_read_in_the_forms_that_calls_and_notices_use(title, body, found):
    titles = {"申报": "关于组织申报2026年度项目的通知", "公示": "关于2026年度拟立项项目的公示"}
    read = document.read(titles[title], f"{body}\n广东省科学技术厅\n2026年11月2日", metas={"pubdate": "2026-11-02"})
    assert [one.date.isoformat() for one in read.deadlines] == found
