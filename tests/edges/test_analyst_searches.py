"""Thirty-odd searches as somebody types them who follows policies, and what that person expects to see, in order."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from archive_desk import ArchiveDesk
from policywatch.pipeline import index
from policywatch.store import query, search

# Name, days ago, source, title, text.
ARTICLES = (
    ("robot-call", 12, "ministry", "工业和信息化部办公厅关于组织开展2026年人形机器人应用试点申报工作的通知",
     "工信厅科函〔2026〕88号\n各省、自治区、直辖市工业和信息化主管部门：\n为推动人形机器人在制造业中的应用，现组织申报试点。补贴资金由地方统筹。申报截止时间为2026年12月15日。\n工业和信息化部办公厅\n2026年11月10日"),
    ("skies", 45, "ministry", "深圳市人民政府关于印发《深圳市低空经济高质量发展若干措施》的通知",
     "深府规〔2026〕7号\n各区人民政府：\n现将《深圳市低空经济高质量发展若干措施》印发给你们。对新开低空物流航线给予奖励，最高300万元。\n深圳市人民政府\n2026年10月8日"),
    ("draft", 4, "ministry", "广东省科学技术厅关于征求《广东省量子科技专项资金管理办法（征求意见稿）》意见的公告",
     "为规范专项资金管理，我厅起草了《广东省量子科技专项资金管理办法（征求意见稿）》，现公开征求意见。意见反馈截止2026年12月1日。\n广东省科学技术厅\n2026年11月18日"),
    ("rules", 1, "ministry", "广东省量子科技专项资金管理办法",
     "粤科规〔2026〕12号\n第一条 为规范量子科技专项资金管理，提高资金使用效益，制定本办法。\n第二条 本办法自2027年1月1日起施行。\n广东省科学技术厅\n2026年11月22日"),
    ("told", 0, "ministry", "《广东省量子科技专项资金管理办法》政策解读",
     "近日，广东省科学技术厅印发专项资金管理办法。现解读如下：一是起草背景。二是主要内容。"),
    ("silver", 260, "ministry", "国务院办公厅关于加快发展银发经济的意见",
     "国办发〔2026〕3号\n各省、自治区、直辖市人民政府，国务院各部委：\n为加快发展银发经济，经国务院同意，现提出以下意见。\n国务院办公厅\n2026年3月2日"),
    ("tax", 155, "ministry", "财政部 税务总局关于新能源汽车车辆购置税减免政策的公告",
     "财政部 税务总局公告2026年第15号\n现将新能源汽车车辆购置税减免政策公告如下。本公告自2026年7月1日起执行。\n财政部 税务总局\n2026年6月20日"),
    ("aiact", 3, "wire", "欧盟委员会公布人工智能法案实施指南",
     "布鲁塞尔消息，欧盟委员会公布 AI Act 实施指南，涉及通用人工智能模型（GPAI）。"),
    ("gpt", 2, "wire", "OpenAI 发布新模型，GPT-6 上线",
     "OpenAI 发布 GPT-6 模型，支持 AI 智能体。"),
    ("models", 2, "paper", "国产大模型备案数量突破500款",
     "国家网信办数据显示，完成备案的生成式人工智能服务已达512款。MAIN 会场设在上海。"),
    ("giants", 7, "ministry", "北京市经济和信息化局关于对2026年第三批专精特新“小巨人”企业名单公示的通知",
     "根据有关要求，现将拟认定企业名单予以公示，公示期为2026年11月16日至11月20日。\n北京市经济和信息化局\n2026年11月16日"),
    ("fund", 6, "paper", "上海脑机接口产业基金成立 规模30亿元",
     "上海设立脑机接口产业投资基金，总规模30亿元，重点投向侵入式与非侵入式技术。"),
    ("plan", 200, "ministry", "上海市脑机接口未来产业培育行动方案（2026—2030年）",
     "沪科〔2026〕201号\n为抢抓脑机接口发展机遇，制定本行动方案。\n上海市科学技术委员会\n2026年5月1日"),
    ("taiwan", 8, "wire", "國科會公布量子科技研發補助要點",
     "國科會表示，將補助量子電腦研發計畫，補助上限新臺幣三千萬元。"),
    ("rural", 30, "paper", "新能源汽车下乡活动启动",
     "工业和信息化部等五部门启动新能源汽车下乡活动，给予购车补贴。"),
    ("solar", 22, "ministry", "光伏行业规范条件（2026年本）发布",
     "工业和信息化部公告2026年第20号\n现将《光伏制造行业规范条件（2026年本）》予以公告。\n工业和信息化部\n2026年11月1日"),
    ("standard", 10, "ministry", "市场监管总局批准发布一批国家标准",
     "国家市场监督管理总局批准发布《人形机器人 术语》（GB/T 45678-2026）等26项国家标准。"),
    ("repeal", 80, "ministry", "关于废止《新能源汽车生产企业及产品准入管理规定》的决定",
     "工业和信息化部令第70号\n经研究，决定废止《新能源汽车生产企业及产品准入管理规定》。\n工业和信息化部\n2026年9月1日"),
    ("press", 33, "paper", "国新办举行新闻发布会介绍前三季度工业和信息化发展情况",
     "前三季度规模以上工业增加值同比增长6.2%，新能源汽车产量同比增长31.5%。"),
    ("suzhou", 130, "ministry", "苏州工业园区关于支持生物医药产业的若干政策",
     "苏园管规字〔2026〕5号\n对获得创新药上市许可的企业，给予最高1000万元奖励。\n苏州工业园区管理委员会\n2026年7月15日"),
    ("nuclear", 18, "ministry", "国家发展改革委关于核准某核电项目的批复",
     "发改能源〔2026〕777号\n你公司报来请示收悉。经研究，批复如下。\n国家发展改革委\n2026年11月5日"),
    ("entity", 1, "wire", "美国商务部更新出口管制实体清单",
     "美国商务部工业与安全局（BIS）更新实体清单，新增量子计算企业。"),
    ("chips", 1, "wire", "Semiconductor export controls updated by BIS",
     "The Bureau of Industry and Security (BIS) updated its rules on AI chips and quantum computing."),
    ("quantumact", 5, "wire", "European Commission adopts Quantum Act proposal",
     "The European Commission adopted a proposal for a Quantum Act. Subsidies of EUR 2 billion are foreseen."),
    ("6g", 5, "wire", "6G 技术试验第二阶段启动",
     "IMT-2030（6G）推进组启动第二阶段技术试验。５Ｇ-A 商用同步推进。"),
    ("5ga", 11, "wire", "5G-A 商用城市超过300个",
     "三大运营商宣布5G-A（5G-Advanced）商用城市超过300个。"),
    ("zhejiang", 16, "paper", "浙江：到2027年人形机器人整机产量达到2万台",
     "浙江省提出，到2027年人形机器人整机产量达到2万台，打造具身智能高地。"),
    ("marathon", 20, "paper", "人形机器人马拉松在亦庄开跑",
     "二十支队伍参加人形机器人半程马拉松。汽车企业也派队参赛。"),
    ("factory", 13, "wire", "具身智能机器人进汽车工厂",
     "某汽车工厂引入人形机器人，承担搬运。"),
    ("rare", 44, "ministry", "商务部公告2026年第61号 关于对部分稀土物项实施出口管制的决定",
     "根据《中华人民共和国出口管制法》，决定对部分稀土物项实施出口管制。\n商务部\n2026年10月9日"),
    ("hydrogen", 220, "ministry", "四川省人民政府办公厅关于印发四川省氢能产业发展规划（2026—2030年）的通知",
     "川办发〔2026〕20号\n各市（州）人民政府：\n现将规划印发给你们。\n四川省人民政府办公厅\n2026年4月10日"),
    ("subsidy", 15, "wire", "绿氢项目补贴退坡 企业称影响有限",
     "多地氢能补贴退坡。业内人士认为影响有限。"),
    ("storage", 17, "paper", "储能电站安全监管将趋严",
     "国家能源局将加强电化学储能电站安全监管。"),
    ("storage-notice", 19, "ministry", "国家能源局综合司关于加强新型储能电站安全监管的通知",
     "国能综通安全〔2026〕33号\n各派出机构：\n为加强安全监管，现通知如下。\n国家能源局综合司\n2026年11月3日"),
    ("data", 3, "ministry", "关于征求《数据产权登记办法（征求意见稿）》意见的函",
     "国家数据局起草了《数据产权登记办法（征求意见稿）》，现征求意见，请于2026年12月5日前反馈。\n国家数据局\n2026年11月19日"),
)  # fmt: skip

SEARCHES = (
    # words
    ("人形机器人 补贴", {}, "robot-call"),
    ("人形机器人", {}, "robot-call zhejiang marathon standard factory"),
    ("人形机器人 -汽车", {}, "robot-call zhejiang standard"),
    ("人形机器人 NOT 汽车", {}, "robot-call zhejiang standard"),
    ("氢能 规划", {}, "hydrogen"),
    ("新能源汽车、下乡", {}, "rural"),
    ("出口管制, 稀土", {}, "rare"),
    ("补贴 OR 奖励", {"newest": True}, "robot-call subsidy rural skies suzhou"),
    ("補貼 氫能", {}, "subsidy"),
    ("实体清单 | export", {}, "chips entity"),
    ("量子电脑", {}, "taiwan"),
    ("AI", {}, "chips gpt aiact"),
    ("GPT-6", {}, "gpt"),
    ("5G-A", {}, "5ga 6g"),
    ("quantum act", {}, "quantumact"),
    ("Subsid*", {}, "quantumact"),
    ("同比增长31.5%", {}, "press"),
    # titles, names, numbers
    ("专项资金管理办法", {}, "told rules draft"),
    ("《广东省量子科技专项资金管理办法》", {}, "told rules draft"),
    ("《广东省量子科技专项资金管理办法》 -解读 -征求意见", {}, "rules"),
    ("《广东省量子科技专项资金管理办法》政策解读", {}, "told"),
    ("《数据产权登记办法》", {}, "data"),
    ("财政部 税务总局关于新能源汽车车辆购置税减免政策的公告", {}, "tax"),
    ("title:脑机接口", {}, "fund plan"),
    ("标题：脑机接口 行动方案", {}, "plan"),
    ("储能 安全 -title:通知", {}, "storage"),
    ("专精特新“小巨人”", {}, "giants"),
    ("国办发〔2026〕3号", {}, "silver"),
    ("国办发[2026]3号", {}, "silver"),
    ("工信厅科函（2026）88号", {}, "robot-call"),
    ("GB/T 45678-2026", {}, "standard"),
    ("2026年第15号", {}, "tax"),
    # filters
    ("", {"kinds": ("征求意见稿",)}, "data draft"),
    ("", {"regions": ("广东",)}, "rules draft skies"),
    ("量子", {"regions": ("广东",), "kinds": ("办法",)}, "rules"),
    ("", {"issuer": "工信部"}, "robot-call solar repeal"),
    ("", {"issuer": "發改委"}, "nuclear"),
    ("", {"issuer": "能源局"}, "storage-notice"),
    ("", {"regions": ("全国",), "kinds": ("通知", "意见")}, "storage-notice silver"),
    ("脑机接口", {"levels": ("省",), "kinds": ("方案",)}, "plan"),
    ("新能源汽车", {"since": date(2026, 10, 1), "until": date(2026, 10, 25)}, "rural press"),
    ("新能源汽车", {"until": date(2026, 9, 30)}, "repeal tax"),
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = ArchiveDesk(tmp_path_factory.mktemp("archive") / "policywatch.sqlite")
    for _, days, source, title, body in ARTICLES:
        made.come(title, body, source, days=days)
    asyncio.run(index.catch_up(made.db))
    yield made
    made.close()


def titles(desk, wanted: str, how: dict, limit: int = 50, after: search.After | None = None) -> search.Results:
    filters = search.Filters(**{name: value for name, value in how.items() if name != "newest"})
    return desk.db.read_now(
        search.search, query.parsed(wanted), filters, newest="newest" in how, limit=limit, after=after
    )


NAMED = {title: name for name, _, _, title, _ in ARTICLES}


@pytest.mark.parametrize(("wanted", "how", "expected"), SEARCHES)
def test_a_search_finds_what_an_analyst_expects(desk, wanted, how, expected):
    found = [NAMED[match.story.title] for match in titles(desk, wanted, how).matches]
    assert " ".join(found) == expected


@pytest.mark.parametrize(("wanted", "how", "expected"), SEARCHES)
def test_page_after_page_it_is_the_same(desk, wanted, how, expected):
    found, after = [], None
    while (results := titles(desk, wanted, how, limit=1, after=after)).matches:
        found += [NAMED[match.story.title] for match in results.matches]
        after = results.after
        if after is None:
            break
    assert " ".join(found) == expected


@pytest.mark.parametrize(("wanted", "how", "expected"), [one for one in SEARCHES if one[0] and one[2]])
def test_what_was_asked_for_is_marked_in_each_answer(desk, wanted, how, expected):
    """In the title or in the excerpt, so that a reader sees why it is there."""
    for match in titles(desk, wanted, how).matches:
        assert match.title_marks or match.excerpt.marks, match.story.title
        shown = match.story.title, match.excerpt.text
        for text, marks in zip(shown, (match.title_marks, match.excerpt.marks), strict=True):
            assert all(text[start:end].strip() for start, end in marks)
