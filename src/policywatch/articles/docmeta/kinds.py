"""What kind of document it is, by its substance: the first of these that fits.

解读, 征求意见稿, 公示, 申报, the kind of what is issued with a 通知 (办法, 意见, 方案, 规划 ...), 批复, 法规, 标准, 名单,
讲话, 新闻, 通知, 其他.
"""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re

_ROUND_UP = re.compile(
    r"(?:征求|征集|公众)意见.{0,12}(?:情况|反馈|采纳|结果|汇总)|意见.{0,6}采纳情况|反馈意见.{0,8}(?:说明|情况)|采纳情况"
)
_MEETING = re.compile(
    r"(?:解读|宣贯|宣讲|培训|推进|座谈|动员)(?:会|班|活动)|召开|举办|举行|开班|开展.{0,12}(?:培训|调研|检查)$"
)
_EXPLAINS = re.compile(
    r"解读|图解|一图(?:看|读)懂|问答|答记者问|[一二三四五六七八九十几]问|修订说明|起草说明|编制说明|政策说明|》\s*(?:的)?说明|政策吹风|释义|名词解释|解析$|热点回应|问题解答|常见问题|"
    r"\bfaqs?\b|q&a|questions and answers|frequently asked|fact sheet|explanatory (?:note|memorandum)|explainer"
)
_ASKS = re.compile(
    r"征求.{0,60}(?:意见|建议)|征集.{0,60}(?:意见|建议)(?!.{0,3}案例)|意见征[集求]|征询.{0,30}意见|征求意见|听取.{0,30}意见|意见公开征|公开征意见|"
    r"公众咨询|draft guidance|预告(?:订定|制定|修正|废止)|咨询文件|(?:公开|书面)?咨询(?:$|开始|展开)|预告.{0,40}草案|草案.{0,10}预告|就.{2,60}草案.{0,6}(?:意见|咨询)|"
    r"proposed rule|notice of (?:proposed|inquiry)|request for (?:(?:public )?comments?|information|evidence)|call for (?:evidence|views|input)|"
    r"consultation(?! (?:response|outcome|result|summary))|comment period|seek(?:s|ing) (?:public )?(?:comments?|views|input|feedback)|invitation to comment|have your say|draft .{0,60}for (?:public )?comments?"
)
_DRAFT = re.compile(r"征求意见稿|公开征求意见|\(草案\)|(?:修订|修正|修改)草案|\(送审稿\)|讨论稿|征询意见稿")
_SUGGESTS = re.compile(r"(?:选题|需求|项目|指南|题目|课题).{0,4}建议")
_OPEN_TO_OBJECTION = re.compile(r"公示")
_RESULT_OF_A_STAGE = re.compile(r"受理(?:的)?(?:项目|情况)|(?:初评|评审|评选)结果.{0,6}(?:公告|通告)")
_CALLS = re.compile(
    r"申报|征集|推荐(?!性)|遴选|揭榜|申请(?:指南|受理|的?通知|工作)|(?:项目|申请|课题|计划|基金|专项|”|》|\")?指南(?:的?(?:通知|通告|公告))?$|指南(?:发布|\()|受理|选题|招标|"
    r"(?:评审|认定|评定|评选|评价|复核|备案)(?:工作)?(?:的)?(?:补充)?(?:通知|公告)?$|兑现|(?:开展|组织|做好).{0,40}(?:认定|评选|评审|遴选|征集|推荐|保险补偿)|"
    r"申领|报奖|征求.{0,60}计[划画]书|提名|招募|入库|第.{1,3}轮申请|资助计划.{0,10}申请|call for (?:proposals?|applications?|nominations?)|funding opportunity|"
    r"(?:now )?open for applications?|applications? (?:open|invited)"
)
_WRAPS = re.compile(r"(?:印发|发布|公布|颁布|下发|颁发|批转)")
_INNER = (
    ("规划", re.compile(r"规划(?:纲要)?|工作计划|工作要点|(?:立法|年度|监督|采购|制修订)计划|要点|蓝图")),
    ("方案", re.compile(r"方案|行动计划|行动方案|(?:三年|专项|五年)行动|计划|路线图|行动$|任务分工")),
    ("办法", re.compile(r"办法|规定|细则|规程|规则|规范(?!性)|制度|准则|守则")),
    ("意见", re.compile(r"意见|措施|若干政策|政策|举措|[一二三四五六七八九十\d]+条$|办法措施|指引")),
    ("标准", re.compile(r"标准|技术要求|规范性技术|技术指南")),
    ("法规", re.compile(r"条例|(?<![办方])法$|法律")),
    ("名单", re.compile(r"名单|目录|清单|名录|案例")),
)
_LAW = re.compile(
    r"条例|(?:法|法律)\s*(?:\(.{0,24}(?:修订|修正|通过|版)\S*\))?$|主席令|国务院令|(?:部|委|署|局|府|会|行|办|院)令(?:$|[\s(第〔\[]|20\d\d年)|令\s*\(?第|第\S{1,8}号\s*令|"
    r"关于修改.*的决定|修正案|^regulation|\bregulation \(eu\)|\bdirective\b|\bact\b(?: \d{4})?|executive order|final rule|\bordinance\b|\bdecree\b|\blaw\b|implementing (?:regulation|decision)|"
    r"delegated regulation|规例|行政法规|行政长官批示|适用法律.{0,24}(?:解释|规定)$|\bregulations?\b(?: \d{4})?$|interim rule|修正.{2,40}(?:条文|法|规则|办法)"
)
_CONGRESS = re.compile("(?:人民代表大会|人大)(?:常务委员会|常委会)?公告")
_PASSED = re.compile("《[^》]*(?:条例|规定|决定|办法)》?.{0,120}通过.{0,60}(?:公布|施行)")
_ENACTS = re.compile(r"(?:法|条例)$|条例\s*\(")
_LISTS = re.compile(
    r"名单|结果|入选|入围|认定.{0,30}为|目录|清单|获奖|拟?立项.{0,8}(?:公布|公告)|榜单|典型案例|批次?.{0,10}(?:公告|发布)$"
)
_SPEECH = re.compile(
    r"讲话|致辞|致词|演讲|发言|主旨报告|署名文章|speech|remarks|keynote|opening statement|\baddress by"
)
_LISTING = re.compile(r"(?:公布|发布|下达|通报|印发|公告).{0,60}(?:名单|结果|目录)")
_NAMES = re.compile(r"关于(?:公布|认定|确认)(?!.*(?:办法|指南|方案|标准)).{4,}的(?:通知|公告|通告|决定)$")
_NOT_OPEN = re.compile("公示制度|公示办法|公示结果|公示规定|公示期满")
_NO_CALL = re.compile("绩效(?:自评|评价|考核)|标准体系|标准化体系|工作的?(?:办法|意见|规定)")
_REPLY = re.compile(r"批复|复函|答复(?:的函)?$|答复意见")
_STANDARD = re.compile(
    r"(?:国家|行业|地方|团体|企业)标准.{0,60}(?:发布|公告|批准)|(?:发布|批准).{0,60}标准|标准化?(?:指南|体系建设)|^(?:gb|db\d|[a-z]{2}/t)[/t ]*\s*\d|"
    r"\b(?:iso|iec|en|etsi|ieee)[/ ]\w*\s*\d{3,}"
)
_NOTICE = re.compile(r"通知|通告")
_OTHER = re.compile(
    r"公告|通报|函$|的函|启事|报告|白皮书|年报|公报|统计|简报|总结|听证|决定|提示|提醒|声明|要情|信息$|决议|须知"
)
_TELLS = re.compile(
    r"^(?:本报|本网|本刊|新华社|中新社|中新网|据|记者|通讯员)|^(?:近日|日前),|(?:记者|通讯员)\s*[\u4e00-\u9fff]{2,4}(?:报道|\s|\))|本网讯|本报讯|电\s*\(|日电|消息[:,]|讯\s|据.{2,20}(?:报道|消息)|"
    r"^\S{1,12}讯[\s,]|^\S{2,6}消息\s*:"
)
_FORMAL = re.compile(
    r"(?:^|[^。])关于.{2,120}的?(?:通知|公告|通告|意见|批复|函|决定|启事|公示|通报|请示|报告|复函|规定|办法|命令|决议)|(?:通知|公告|通告|公示|批复|令|启事|通报)\s*(?:\(.*\)|[(（].*)?$|令(?:〔20\d\d〕|20\d\d年)?第\S{1,8}号|^印发|关于印发"
)
_ACTION = re.compile(r"(?:^|\n)\s*action:\s*(?P<what>[^\n]{3,80}?)\.?\s*(?:\n|$)")
"""What a document of the Federal Register is, as its head says."""
_QUOTED = re.compile(r"《[^《》]*(?:〈[^〉]*〉[^《》]*)*》")
_TITLED = re.compile(r"《(?P<name>[^《》]*(?:〈[^〉]*〉[^《》]*)*)》(?P<tail>.{0,40})")


def kind(title: str, lead: str, *, is_framed: bool, is_medium: bool, is_foreign: bool) -> str:
    """One of the sixteen words. `is_framed`: it is signed, or has a number; `lead` is how its text begins."""
    bare = re.sub(r"^(?:转载|转发|原文|附全文|最新|重磅)\s*[:|｜]\s*", "", title).strip()
    bare = re.sub(r"\s*[(【\[](?:附.{0,10}|全文|.{0,6}(?:年|版|试行|摘要|节选|修订))[)】\]]\s*$", "", bare)
    if is_foreign and (action := _ACTION.search(lead)):
        bare = f"{bare}: {action['what']}"
    is_formal = bool(_FORMAL.search(bare))
    tells = bool(_TELLS.search(lead[:80]))
    if _ROUND_UP.search(bare):
        return "其他"
    is_event = bool(_MEETING.search(bare)) and not is_formal
    if _EXPLAINS.search(bare) and not is_event and not re.search(r"征求.{0,80}意见的", bare):
        return "解读"
    if _SPEECH.search(bare) and not is_framed and not is_formal and not _tells_of(bare):
        return "讲话"
    if (
        not is_framed
        and not is_formal
        and ((is_medium and not (is_foreign and _ACTION.search(lead))) or tells or is_event)
    ):
        return "新闻"
    if is_event and not is_framed:
        return "新闻"
    return _formal(bare, lead, is_framed=is_framed, is_formal=is_formal, is_foreign=is_foreign)


def _tells_of(title: str) -> bool:
    return bool(re.search(r"(?:发表|出席|强调|指出|学习|贯彻).{0,30}(?:讲话|致辞|演讲)", title))


def _formal(title: str, lead: str, *, is_framed: bool, is_formal: bool, is_foreign: bool) -> str:
    outside = _QUOTED.sub(" ", title)
    if re.search(r"^.{0,40}(?:转发|批转)", outside):
        return "通知"
    return (
        _asking(title, outside, lead, is_foreign=is_foreign)
        or _wrapped(title)
        or _settled(title, outside)
        or _plain(outside if is_formal and outside.strip() else title)
        or _rest(title, outside, lead, is_formal=is_formal, is_framed=is_framed)
    )


def _asking(title: str, outside: str, lead: str, *, is_foreign: bool) -> str:
    """The kinds that want something of their reader."""
    if _ASKS.search(title) and not _SUGGESTS.search(title):
        return "征求意见稿"
    if _DRAFT.search(title) or (len(title) < 12 and _DRAFT.search(lead[:200])):
        return "征求意见稿"
    if _RESULT_OF_A_STAGE.search(outside) and "异议" in lead:
        return "公示"
    if _OPEN_TO_OBJECTION.search(outside) and not _NOT_OPEN.search(title):
        return "公示"
    if is_foreign and _LAW.search(title):
        return "法规"
    if _CALLS.search(outside) and not _LISTING.search(title) and not _NO_CALL.search(title):
        return "申报"
    return ""


def _settled(title: str, outside: str) -> str:
    """The kinds that say what was decided."""
    if _REPLY.search(outside):
        return "其他" if re.search("提案|建议", outside) else "批复"
    if _STANDARD.search(title):
        return "标准"
    if _NAMES.search(title):
        return "名单"
    if re.search(r"废止", title) and re.search(r"决定|通知|公告", title):
        return "其他"
    if _LISTS.search(title) and (_LISTING.search(title) or not re.search(r"方案|办法|意见|规划", title)):
        return "名单"
    return ""


def _rest(title: str, outside: str, lead: str, *, is_formal: bool, is_framed: bool) -> str:
    if _LAW.search(title) or (_CONGRESS.search(title) and _PASSED.search(lead)):
        return "法规"
    if _SPEECH.search(title) and not is_formal:
        return "讲话"
    if _NOTICE.search(outside):
        return "通知"
    if re.search("公告", title) and re.search(r"现(?:将|予以|发布|公布).{0,40}(?:目录|名单)", lead[:200]):
        return "名单"
    return "其他" if _OTHER.search(title) or is_framed or is_formal else "新闻"


def _wrapped(title: str) -> str:
    """The kind of X in 关于印发《X》的通知; empty when nothing is issued with the document."""
    found = re.search(
        r"(?:印发|颁布|颁发|下发|(?:发布|公布)(?=《[^》]*(?:办法|规定|细则|规程|规则|方案|规划|意见|措施|计划)(?:\([^》]*\))?》))(?P<what>.+?)(?:的?通知|的?公告|的?函)?\s*(?:\(.*\))?$",
        title,
    )
    if found is None:
        return ""
    what = found["what"].strip()
    quoted = _TITLED.match(what)
    if quoted:
        what = quoted["name"] if not re.search("意见|方案|办法|细则|措施", quoted["tail"]) else quoted["tail"]
    return _named(what)


def _named(what: str) -> str:
    """The kind of a named document: what its name ends with, brackets aside."""
    bare = re.sub(r"\s*\([^()]*\)\s*", "", what).rstrip("的》 ")
    if re.search("标准化?体系|标准体系", bare):
        return "标准"
    best, at = "", -1
    for name, pattern in _INNER:
        for one in pattern.finditer(bare):
            if one.end() > at:
                best, at = name, one.end()
    return best


_PLAIN_TAIL = (
    ("办法", re.compile(r"(?:办法|规定|细则|规程|规则)$")),
    ("意见", re.compile(r"(?:意见|若干措施|若干政策|政策措施|措施|举措|[一二三四五六七八九十\d]+条)$")),
    ("方案", re.compile(r"(?:方案|行动计划|行动)$")),
    ("规划", re.compile(r"(?:规划|规划纲要|工作计划|工作要点)$")),
)


def _plain(title: str) -> str:
    """Of a title that is the document's name itself."""
    bare = re.sub(r"\s*\([^()]*\)\s*$", "", title).strip()
    if re.search(r"令\s*$|令\s*\(|第\S+号", title):
        return ""
    return next((name for name, pattern in _PLAIN_TAIL if pattern.search(bare)), "")
