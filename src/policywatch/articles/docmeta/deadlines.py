"""Days by which a reader of a document must or may last act: apply, comment, object, sign up, report.

A day counts only where the words right around it say so. Days of events, of history, of the authority's own plans, of
projects and certificates do not; where the words leave it open, there is no deadline.
"""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from policywatch.articles.docmeta import days
from policywatch.model import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from policywatch.articles.docmeta.days import Day
    from policywatch.articles.docmeta.sheet import Sheet

MOST = 12
MAX_WORDS = 160
"""Characters of a deadline's words."""
_FURTHEST = timedelta(days=730)
_SENTENCE = re.compile(r"[^。;!?\n]+")
_JOINT = re.compile(r"\s*(?:起|\((?:含|起)\)|\((?:星期|周)[^()]{1,12}\))?\s*(?:[-~—–]{1,2}|至|到|起至|开始至|直至)\s*")
_SKIPPED = re.compile(
    r"^\s*(?:附件|附:|抄送|发布日期|发布时间|成文日期|索引号|相关链接|更新时间|第[一二三四五六七八九十百\d]+条.{0,40}(?:施行|有效期))"
)
_CANCELLED = re.compile(r"取消|终止|中止|暂停|停止(?:受理|申报|征集)|撤销|已截止|延迟举办")
_OF_A_TITLE = re.compile(r"(?:取消|终止|中止|暂停|撤销).{0,30}(?:资格|称号|认定|项目|企业|证书|资质|许可|单位|牌照)")
"""What a body takes from others; who objects to it has until then."""

_HISTORY = re.compile(
    r"曾|此前|原定|原先|原(?:通知|公告|通告)|原计划|原为|原截止|已于|已在|未按|未在|逾期|上一?轮|首次.{0,8}已|去年|截止前已|按照?.{0,20}(?:会议|文件)"
)
_EXTENDED = re.compile(r"(?:延长|延期|顺延|推迟|调整|延续|更改|变更|改|延|延后|放宽)(?:到|至|为|成|至于)\s*$")
_TO_ANOTHER = re.compile(
    r"^\s*(?:\(.{0,10}\))?(?:24时|\d+时)?\s*(?:前|止)?\s*(?:延长|延期|顺延|推迟|调整|延后|更改|变更|改|延至)"
)
_MOVES = re.compile(
    r"(?:延长|延期|顺延|推迟|调整|变更|更改|延后).{0,40}(?:时间|期限|日期|截止|申报|报名|征集|公告|通知)|延期"
)
_SETS_ANEW = re.compile(r"(?:延长|延期|顺延|推迟|调整|延续|更改|变更|延后|放宽)(?:到|至|为)")
_SHUT = re.compile(r"\s*(?:期间)?[^,]{0,6}?(?:暂停|停止|停机|维护|升级|放假|休息|举办|举行|召开)")
"""What goes on from one day to another without the readers."""
_WINNERS = re.compile(r"(?:优胜|获奖|入围|入选|晋级|胜出)[^,]{0,8}$")
_OF_WINNERS = re.compile(
    r"\s*(?:获奖|入选|入围|立项|获批|获支持|中标)的?(?:项目|单位|企业|团队|作品)[^,]{0,6}(?:须|应|需)"
)
_NO_MORE = re.compile(
    r"\s*(?:以|之)?后(?:再)?(?:提交|申报|报送|收到)的?[^,]{0,8},?[^,]{0,8}(?:不予|不再|概不)(?:受理|接收|接受)"
)
_EVENT = re.compile(
    r"(?:举办|举行|召开|会议|会期|活动|比赛|竞赛|初赛|复赛|决赛|路演|展览|展出|展会|开幕|培训|考试|笔试|面试|答辩|评审|评议会|听证会|公布|发布|开标|起始|开始|启动|"
    r"执行期?限?|实施期?限?|建设期?|有效期限?|采集期?|项目期|起止|周期|统计|服务期|任职|合同期?|运行期|试点期|试行期?|观察期|考核期|放假|调休|检查|抽查|督查|现场核查|报到入住)"
    r"(?:时间|日期|期限|期|区间)?\s*(?:为|:|是|定于|拟定于|定在|安排在|自|从|于|将于|在)*\s*$"
)
_GOAL = re.compile(
    r"力争|预计|拟于|拟在|将于|将在|计划(?:于|在)|目标|争取|有望|到$|确保|规划|我[局厅委部办院](?:将|拟)|(?:拟|将)\s*$"
)
_BEGINS = re.compile(
    r"^\s*(?:\(.{0,8}\))?\s*(?:起(?!至|[,\s]*\d+\s*(?:个|日|天))|开始|以后|之后|后|至今|以来|出生|正式|正常|印发|发布|公布|通过|成立|举行|举办|召开|(?:以|之)?前(?:出生|成立|注册|取得|登记|设立|毕业|获得|已))"
)
_ASKED = re.compile(
    r"请|须|需|务必|务请|应(?!用|急|对)|敬请|可(?!以下|行|能|持)|望|烦|要求|均|必须|截止|于|在|逾期|不得"
)
_MUST = re.compile(r"请|须|务必|必须|应于|应在|需于|需在|要于|要在|要求.{0,6}于")
_ACT = (
    r"(?:报送|上报|报至|报我|报[省市区县]|报.{0,16}(?:厅|局|委|部|处|办|中心|司)|提交|提供|提出|陈述|反馈|反映|寄|发送|发至|发到|递交|申报|填报|填写|填妥|报名|推荐|上传|送达|报到|"
    r"送至|送交|登记|缴|函告|函复|回复|答复|申请|退回|审核|审查|初审|受理|预约|登录|注册|汇总|告知|联系|确认|投稿|邮件|邮箱|传真|书面|办理|参加|交|备案|补充|盖章|投递|签到|签订|签署|报|完成"
    r"(?:网上|系统|线上|在线|申报|审核|填报|推荐|提交|初审|报到|注册|报名|自查|申请|报送|整改|核查|备案|登记|材料|信息|问卷|上报|评价|年报)?)"
)
_ACTS = re.compile(_ACT)
_BEFORE = re.compile(
    r"^\s*(?:\([^()]{1,14}\)|下班|[(]?以邮戳为准[)]?|,?\s*\d{1,2}\s*[时点]整?|当日|当天|24时|24点)*\s*(?:\(含\))?\s*(?:之前|以前|前|或之前|或以前|或该日前)(?!后|期|述|款|提(?![交出供前报请])|沿|三|两|十|来|景|瞻|置|往|海)"
)
_UNTIL = re.compile(
    r"^\s*(?:\([^()]{1,14}\)|下班|当日|当天|24时|24点)*\s*(?:申报|填报)?(?:系统|平台|通道)?(?:将)?(?:自动|准时|统一|系统)?(?:为止|止|截止|结束|关闭|截至|截稿|到期)(?!日期|时间)"
)
_WEEKDAY = re.compile(r"[本这下]个?(?:周|星期)")
_ONLY_TO = re.compile(r"\s*(?:\([^()]{1,14}\)|24[时点])*\s*为?止")
_DOOR = re.compile(
    r"(?:系统|平台|通道|端口|入口|申报|报名|受理|征集|提交|投稿|填报|申请)(?:工作|通道)?(?:将|拟)?(?:于|在)\s*$"
)
"""What readers come through; where it will be closed, they must have been."""
_END_LABEL = re.compile(
    r"(?:截止|截至|截稿|终止|最后|最迟|最晚|不晚于|不迟于|不得晚于|不得迟于|止)(?:提交|申报|报名|受理)?(?:时间|日期|期限|期|日|时点)?"
    r"(?:\(.{0,40}\))?(?:均|统一|仍|暂定|不变,)?\s*(?:为|是|:|到|至|于|在|即|定为|定于|不变,即)*\s*$"
)
_WITH_ITS_END = re.compile(r"截止(?:时间|日期)?\s*(?:及|和|与|、|暨)[^,。:]{0,14}:?\s*$")
"""投标截止时间及开标时间：what is opened then must have come in before."""
_BARE_END = re.compile(r"(?:截至|截止)(?:到|至)?\s*$")
_OF_READERS = re.compile(
    r"申报|报名|受理|征集|征求|意见|公示|提交|填报|填写|问卷|申请|报送|推荐|反馈|登记|预约|审核|审查|缴费|投稿|收件|接收|征询|咨询|网上|线上|在线|系统|上传|注册|领取|招募|提名|投标|"
    r"材料|窗口|评议|复核|异议|邮寄|纸质|建议|揭榜|遴选|递交|参赛"
)
_RANGE_LABEL = re.compile(
    r"(?:申报|报名|受理|征集|征求意见|意见征[集求]|征求|反馈|意见反馈|公示|提交|填报|填写|申请|报送|推荐|登记|预约|审核|审查|缴费|投稿|投票|接收|征询|咨询|上传|注册|领取|开放|招募|提名|收件|递交|网报|复核|异议)"
    r"[\u4e00-\u9fff()、/]{0,14}?(?:时间|期限|期间|日期|窗口|阶段|期)?(?:为|:|是|从|自|于|即|定于|,)*\s*$"
)
_PLAIN_LABEL = re.compile(r"(?:时间|期限|日期|期)\s*(?:为|:|是|自|从)*\s*$")
_RANGE_ACT = re.compile(
    r"^\s*(?:\(.{0,16}\))?\s*(?:止)?\s*(?:期间|内|止|,)?[^,]{0,24}?(?:,)?[^,]{0,24}?(?:反馈|提出|申报|报名|提交|填报|申请|登录|反映|报送|受理|征集|公示)"
)
_STAGE_OF_ISSUER = re.compile(r"(?:形式审查|专家评审|评审|论证|答辩|考察|立项|审定|公布|公示)(?:阶段)?\s*[:(]?\s*$")
_STAGE_LABEL = re.compile(
    r"(?:申报|报名|填报|填写|提交|推荐|报送|上报|审核|初审|申请|注册|登记|反馈|寄送|邮寄)(?:阶段|材料)?\s*(?:\([^()]{1,12}\))?\s*[:(]\s*$|"
    r"(?:报送|提交|申报|推荐|填报|反馈|审核)(?:时间|期限)(?:为|:)\s*$|(?:纸质|电子)(?:版|件|材料|文本)*(?:为|:)\s*$"
)
_BRACKETED = re.compile(rf"{_ACT}[^,;(]{{0,10}}\(\s*$")
"""上传承诺书（11月24日前）."""
"""Who recommends or hands in, before the day: 推荐单位推荐：4月24日前."""
_PAPERS = re.compile(r"材料|申报书|申请书|申请表|推荐表|推荐函|汇总表|回执|报告")
_HANDED_IN = re.compile(r"\s*(?:之前|以前|前),?\s*(?:一并|统一|集中)?(?:报送|报至|上报|提交|寄|发送|发至|送|交|报)")
_STAGE_UNTIL = re.compile(
    r"(?:(?:审核|受理|申报|报名|征集|反馈|提交|填报|申请|接收|公示|开放|延续|征求意见)(?:工作|期|时间)?(?:将)?(?:持续)?(?:至|到|截至)|"
    r"(?:可|最迟可?)(?:延后|推迟|延迟|放宽)(?:至|到))\s*$"
)
_SPAN_OF_READERS = re.compile(
    r"(?:申报|报名|征集|受理|公示|意见|填报|提交|申请)[^,:]{0,8}(?:起止)?(?:时间|期限|日期)?[^,]{0,3}$"
)
_HAPPENS = re.compile(r"\s*(?:[在于].{1,12})?(?:举办|举行|召开|开幕|开展|施行|实施|执行|生效)")
_FROM_NOW = re.compile(r"(?:即日|之日|当日)起?\s*,?(?:截?至|到|[-~—–]{1,2})\s*$")
_HOLDS = re.compile(r"\s*(?:止|期间)?\s*,?(?:有效|施行|执行|实施|试行)")
_BATCH = re.compile(r"(?:第.{1,3}|首)[批轮]")
_LATER_STAGE = re.compile(r"公示[^,:]{0,6}:?\s*$")
_UPPER = re.compile(r"(?:省厅|国家|部里|上级|教育部|科技部|工信部|省局|省级)\S{0,6}(?:截止|受理)[^,]{0,6}$")

_COUNT = r"(?P<count>\d{1,3}|[一二两三四五六七八九十]{1,3})\s*(?:个|\(\d+\)\s*个?)?\s*(?P<unit>工作日|自然日|日历日|日|天|(?<=个)月|周|星期)"
_FROM_ISSUE = re.compile(
    rf"自?\s*(?:本)?(?:公告|公示|通知|启事|通告|公布|征求意见稿?|消息|名单|文件|网上|信息|之)?(?:在.{{0,12}})?(?:发布|公示|公布|印发|刊登|公告|发出|刊发|见报)(?:之?日|当日|次日|之?后)起?\s*,?\s*(?:计算)?(?:的)?{_COUNT}(?P<within>内|之内)?"
)
_FOR = re.compile(
    rf"(?:公示(?:时间|期限|期)?|征求意见(?:时间|期限|期)|意见征集期?限?|公开征求意见)\s*(?:为|共|:|是)?\s*(?:期)?\s*{_COUNT}"
)
_FROM_DAY = re.compile(
    rf"^\s*(?:\(.{{0,6}}\))?\s*(?:起|开始)(?:算|计算)?\s*,?\s*(?:的)?(?:为期|公示|连续|共计?|时间?为|期限为|,)?\s*{_COUNT}"
)
_COUNTED_FROM = re.compile(rf"{_COUNT}\s*(?:内)?\s*[,(。]?\s*(?:自|从|即)\s*$")
_NO_READERS = re.compile(r"复议|诉讼|起诉|施行|生效|执行|审批|办结|答复申请人|支付|拨付|作出决定|不少于")

_ENGLISH = re.compile(
    r"(?:(?:comments?|responses?|submissions?|applications?|proposals?|nominations?|abstracts?|requests?|views|feedback|evidence|registrations?|objections?)\b[^.]{0,60}?"
    r"(?:(?:must|should|will|shall|may|can|are|is|to) (?:be )?(?:received|submitted|due|accepted|made|filed|sent|provided|lodged)?|due|close[sd]?|received|submitted)[^.]{0,60}?"
    r"(?:(?:on or )?before|(?:no|not) later than|by|until|due(?: on)?|on)"
    r"|(?:submit|send|file|provide)\b[^.]{0,80}?\b(?:comments?|responses?|applications?|proposals?|evidence|views)\b[^.]{0,100}?(?:by|before|(?:no|not) later than|until)"
    r"|(?:clos(?:es|ing)|ends?|expires?)(?: (?:date|at [\d:.apm ]{1,12}|to (?:comments|responses|applications)))*(?: (?:on|is|of))?\s*:?"
    r"|deadline(?: (?:for|to) [a-z ]{2,60}?)?(?: (?:is|of|on|has been extended to|extended (?:to|until)))?\s*:?"
    r"|(?:comments?|applications?|responses?) (?:close|due)(?: date)?\s*:?"
    r"|(?:comment period|consultation|call for evidence|call for proposals|application period|submission period)[^.]{0,50}?(?:open (?:until|till|through)|runs? (?:until|to|through)|closes?|ends?|until|extended (?:to|until))"
    r"|(?:re-?opened|extended) (?:until|through)"
    r"|open (?:for (?:comments?|applications?|responses?) )?(?:until|till)"
    r"|(?:on or before|no later than|not later than))\s*(?:at\s*)?(?:\d{1,2}(?:[:.]\d\d)?\s*(?:a\.?m\.?|p\.?m\.?|midnight|noon)?\s*(?:\(?[a-z]{2,8}\)?(?:\s+(?:standard\s+|daylight\s+)?time)?(?:\s*\([a-z]{2,4}\))?,?\s+)?(?:on\s+)?)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?\s*$"
)
_ENGLISH_NOT = re.compile(
    r"originally|was due|were due|previous(?:ly)?|had been|closed on|effective|take effect|ended on"
)


_CELL = re.compile(r"[^\s|]+")
_DIGIT = re.compile(r"\d")
_ENDS_COLUMN = re.compile(r"^[^,。:]{0,16}截止(?:时间|日期|日)?$")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A day, or a range of days, in a sentence."""

    first: Day
    last: Day

    @property
    def is_range(self) -> bool:
        return self.first is not self.last


def deadlines(
    sheet: Sheet, kind: str, *, written: date | None, published: date | None, fetched: date | None
) -> tuple[Deadline, ...]:
    """In the order in which they stand, each day once. Not to be asked of news and interpretations."""
    named = re.sub(r"《[^》]*》", "", sheet.title)
    if _CANCELLED.search(named) and not (kind == "公示" and _OF_A_TITLE.search(named)):
        return ()
    issued = min((day for day in (written, published) if day is not None), default=None)
    all_days = days.days_in(sheet.body, written or published or fetched)
    since = published or written
    told = [*_told(sheet, kind, all_days, since, is_moved=_MOVES.search(named) is not None)]
    found: dict[date, Deadline] = {}
    for one in (*told, *_in_tables(sheet, kind, all_days)):
        is_of_now = issued is None or issued <= one.date <= issued + _FURTHEST
        if is_of_now and one.date not in found and len(found) < MOST:
            found[one.date] = one
    # How long it lasts says less than from when to when; it counts where nothing else does.
    return tuple(found.values()) if found or since is None else _lasting(sheet, kind, since)


def _told(sheet: Sheet, kind: str, all_days: list[Day], since: date | None, *, is_moved: bool) -> list[Deadline]:
    """What sentences say, in their order."""
    found: list[Deadline] = []
    for start, end in _sentences(sheet.body):
        text = sheet.body[start:end]
        if _SKIPPED.match(text):
            continue
        here = [day for day in all_days if start <= day.start < end]
        for day, its_kind in _of_sentence(text, start, here, kind, since):
            if is_moved and _SETS_ANEW.search(text):
                # What a notice of the move told before is the day that was.
                found = [one for one in found if one.date >= day or one.kind != its_kind]
            found.append(Deadline(day, its_kind, sheet.words(start, end)[:MAX_WORDS]))
    return found


def _in_tables(sheet: Sheet, kind: str, all_days: list[Day]) -> Iterator[Deadline]:
    """Days in a table's column that is headed with an end (企业提交截止)."""
    columns: list[bool] = []
    for line in sheet.lines:
        if not columns and "截止" not in line.text:
            continue
        cells = _CELL.findall(line.text)
        if "截止" in line.text and len(cells) > 1 and not _DIGIT.search(line.text):
            columns = [_ENDS_COLUMN.search(cell) is not None for cell in cells]
            continue
        if len(cells) != len(columns):
            columns = []
            continue
        end = line.start + len(line.text)
        for one in all_days:
            at = sum(cell.end() <= one.start - line.start for cell in _CELL.finditer(line.text))
            if line.start <= one.start < end and columns[at]:
                yield Deadline(
                    one.date, _kind(kind, line.text, "", line.text), sheet.words(line.start, end)[:MAX_WORDS]
                )


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    for one in _SENTENCE.finditer(text):
        if one[0].strip():
            lead = len(one[0]) - len(one[0].lstrip())
            yield one.start() + lead, one.end()


def _of_sentence(text: str, offset: int, here: list[Day], kind: str, base: date | None) -> Iterator[tuple[date, str]]:
    units = _units(text, offset, here)
    said = False
    reached = 0
    for number, unit in enumerate(units):
        start, end = unit.first.start - offset, unit.last.end - offset
        until = units[number + 1].first.start - offset if number + 1 < len(units) else len(text)
        ahead, behind = text[reached:start], text[end:until]
        if _counts(unit, ahead, behind, text[:start], kind):
            said = True
            yield unit.last.date, _kind(kind, ahead, behind, text)
        elif not unit.is_range:
            counted = _counted(unit.first.date, ahead, text[end:])
            if counted is not None and _is_for_readers(text, kind):
                said = True
                yield counted, _kind(kind, ahead, behind, text)
        reached = end
    if not said and base is not None:
        counted = _from_issue(text, kind, base)
        if counted is not None:
            yield counted, _kind(kind, text, "", text)


def _units(text: str, offset: int, here: list[Day]) -> list[_Unit]:
    units: list[_Unit] = []
    for day in here:
        if units and not units[-1].is_range:
            before = units[-1].last
            gap = text[before.end - offset : day.start - offset]
            if _JOINT.fullmatch(gap) and not (day.has_year is False and day.date < before.date):
                units[-1] = _Unit(before, day)
                continue
            if re.fullmatch(r"\s*[(]\s*", gap) and _WEEKDAY.match(text[day.start - offset :]):
                continue  # 11月11日（本周三）: the weekday says it once more.
            if re.fullmatch(r"\s*[(]\s*", gap) and before.date != day.date:
                # 下周五（11月27日）: the bracket is the day that is meant.
                units[-1] = _Unit(day, day)
                continue
            if re.fullmatch(r"\s*[(]\s*", gap):
                units[-1] = _Unit(day, day)
                continue
        units.append(_Unit(day, day))
    return units


def _counts(unit: _Unit, ahead: str, behind: str, sentence_ahead: str, kind: str) -> bool:
    """Whether the words around a day or range make its end a deadline."""
    english = _ENGLISH.search(ahead[-200:])
    if re.search("[a-z]{3}", ahead[-40:]) and not re.search("[\u4e00-\u9fff]", ahead[-8:]):
        return english is not None and not _ENGLISH_NOT.search(ahead[-120:])
    if english and ahead.strip():
        return not _ENGLISH_NOT.search(ahead[-120:])
    behind = re.sub(r"^\s*\)", "", behind)
    if _EXTENDED.search(ahead) and not _TO_ANOTHER.match(behind):
        return not _HAPPENS.match(behind)
    if _is_told(unit, ahead, behind) or _OF_WINNERS.match(sentence_ahead):
        return _NO_MORE.match(behind) is not None
    if unit.is_range:
        return _range_counts(unit, ahead, behind, sentence_ahead, kind)
    near = _clause(ahead)
    if _END_LABEL.search(ahead):
        if _BARE_END.search(ahead) and not _UNTIL.match(behind):
            is_whole = re.fullmatch(r"\s*(?:\([^()]*\))?\s*", behind) is not None
            return bool(_OF_READERS.search(ahead if is_whole else near) or _BATCH.search(near)) and not re.search(
                r"\d|实现|增长|同比|累计", behind[:12]
            )
        return True
    if _WITH_ITS_END.search(ahead) or _lasts_until(ahead, behind):
        return True
    clause = re.split(r"[,:]", ahead.rstrip(" ,:"))[-1]
    if _UNTIL.match(behind):
        return _until_counts(ahead, behind, clause, kind)
    return bool(_BEFORE.match(behind)) and _before_counts(unit, ahead, behind, clause, kind)


def _until_counts(ahead: str, behind: str, clause: str, kind: str) -> bool:
    """D截止 is said of readers; D止 of anything, so that their words must stand beside it."""
    if _GOAL.search(clause) and not _DOOR.search(clause):
        return False
    if kind in {"公示", "征求意见稿"} or not _ONLY_TO.match(behind):
        return True
    return _OF_READERS.search(f"{ahead[-30:]}{behind[:12]}") is not None


def _lasts_until(ahead: str, behind: str) -> bool:
    """受理至D, 即日起至D: something of the readers' goes on until a day."""
    if _STAGE_UNTIL.search(ahead):
        return True
    is_from_now = _FROM_NOW.search(ahead) is not None and not _HOLDS.match(behind)
    return is_from_now and _OF_READERS.search(f"{ahead}{behind}") is not None


def _clause(ahead: str) -> str:
    """The words since the last comma."""
    found = re.search(r"[^,]*$", ahead.rstrip(" ,"))
    return found[0] if found else ahead


def _is_told(unit: _Unit, ahead: str, behind: str) -> bool:
    """Whether a day is history, an event, replaced by a later one, or set by and for others."""
    if _TO_ANOTHER.match(behind) and re.search(r"原|由|从", ahead):
        return True
    near = _clause(ahead)
    if _WINNERS.search(near):
        return True
    if _HISTORY.search(near) and not re.search(r"不变|即\s*$", near):
        return True
    if _BEGINS.match(behind) and not unit.is_range:
        return True
    return bool(
        _EVENT.search(ahead) and not _WITH_ITS_END.search(ahead) and not _SPAN_OF_READERS.search(ahead)
    ) or bool(_UPPER.search(ahead))


def _before_counts(unit: _Unit, ahead: str, behind: str, clause: str, kind: str) -> bool:
    after = behind[:60]
    if _GOAL.search(clause) and not _MUST.search(ahead):
        return False
    if _STAGE_OF_ISSUER.search(_stage(ahead)):
        return False
    if unit.last.is_vague and not _MUST.search(ahead):
        return kind == "申报" and _PAPERS.search(clause) is not None and _HANDED_IN.match(after) is not None
    if (_STAGE_LABEL.search(ahead) or _BRACKETED.search(clause)) and kind != "规划":
        return True
    if re.search(
        r"(?:前)(?:要求|规定|有关|已|的(?:要求|规定|数据|标准|政策)|(?:全部|全面)?(?:竣工|投产|开工|通过验收)|年满|满\d|未满|具有|持有|(?:已)?(?:提供|提交|报送|申报|获得|申请)的|,?\s*(?:省厅|市局|我[厅局委部院办会]|组委会|主办方))|^\s*(?:之|以)?前的",
        after,
    ):
        return False
    if re.search(
        r"^\s*(?:\(.*?\))?(?:之|以)?前,?(?:全面|基本|建成|形成|实现|达到|力争|推动|培育|打造|制定|出台|印发|完成[^,请]{0,8}?(?:投资|验收(?!材料)|起草|建设|改造|试点|任务|立项|评审|验收工作|报批|修订|编制|制定))",
        after,
    ):
        return bool(re.search(r"请", ahead)) and kind != "规划"
    if not _ACTS.search(after):
        return bool(_ASKED.search(ahead)) and bool(_ACTS.search(ahead))
    return bool(_ASKED.search(ahead)) or kind in {"申报", "征求意见稿", "公示", "通知", "其他"}


def _stage(ahead: str) -> str:
    """The words since the last comma or semicolon, with the label that they begin with."""
    return re.split(r"[,;]", ahead.rstrip(" ,"))[-1]


def _range_counts(unit: _Unit, ahead: str, behind: str, sentence_ahead: str, kind: str) -> bool:
    near = ahead[-60:]
    if unit.last.date < unit.first.date or _SHUT.match(behind):
        return False
    if kind == "申报" and _LATER_STAGE.search(near):
        return False
    if _END_LABEL.search(near) or _RANGE_LABEL.search(near):
        return True
    if _PLAIN_LABEL.search(near) and kind in {"公示", "征求意见稿"}:
        return True
    if (
        kind in {"公示", "征求意见稿"}
        and re.fullmatch(r"\s*(?:自|从|即)?\s*", sentence_ahead)
        and re.match(r"\s*止", behind)
    ):
        return True
    if kind in {"公示", "征求意见稿"} and re.search(r"公示|征求|征集|意见", f"{sentence_ahead}{behind}"):
        return True
    return (
        bool(_RANGE_ACT.match(behind))
        and kind not in {"法规", "办法", "规划"}
        and not re.search(r"有效期|执行期|建设期|项目|毕业", near)
    )


def _counted(first: date, ahead: str, behind: str) -> date | None:
    """自D起N个工作日, and N个工作日，自D起: D is the first of them."""
    found = _FROM_DAY.match(behind)
    if found is None and re.match(r"\s*起(?:算|计算)?", behind):
        found = _COUNTED_FROM.search(ahead)
    return None if found is None else _after_issue(found, first - timedelta(days=1))


def _from_issue(text: str, kind: str, base: date) -> date | None:
    """自发布之日起N日: the next day is the first of them."""
    found = _FROM_ISSUE.search(text)
    if found is None or not _is_for_readers(text, kind):
        return None
    return _after_issue(found, base)


def _lasting(sheet: Sheet, kind: str, since: date) -> tuple[Deadline, ...]:
    """公示期5个工作日, with no word of when it begins: from its publication."""
    if kind not in {"公示", "征求意见稿"}:
        return ()
    for start, end in _sentences(sheet.body):
        text = sheet.body[start:end]
        found = None if _SKIPPED.match(text) or _NO_READERS.search(text) else _FOR.search(text)
        day = _after_issue(found, since) if found else None
        if day is not None:
            return (Deadline(day, _kind(kind, text, "", text), sheet.words(start, end)[:MAX_WORDS]),)
    return ()


def _after_issue(found: re.Match[str], base: date) -> date | None:
    """The last day of so many of which the next is the first."""
    count = days.number(found["count"])
    if not count:
        return None
    if found["unit"] == "月":
        return days.months_after(base, count)
    if found["unit"] in {"周", "星期"}:
        return base + timedelta(weeks=count)
    return days.after(base + timedelta(days=1), count, working=found["unit"] == "工作日")


def _is_for_readers(text: str, kind: str) -> bool:
    if _NO_READERS.search(text):
        return False
    return kind in {"公示", "征求意见稿"} or bool(
        re.search(r"公示|异议|反馈|提出|报送|寄送|递交|申请|报名|申报|提交|征求", text)
    )


def _kind(kind: str, ahead: str, behind: str, text: str) -> str:
    """征求意见, 申报, 公示, 报名 or 其他."""
    near = f"{ahead[-40:]} {behind[:40]}"
    if kind == "征求意见稿" and re.search(r"报名(?:截止|时间|参加)", near) and "意见" not in near:
        return "报名"
    if kind in {"征求意见稿", "公示"}:
        return "征求意见" if kind == "征求意见稿" else "公示"
    if re.search(r"投标|响应文件|竞标|绩效|自评|年报|统计|总结|任务书|合同书", near) and not re.search(
        "申报|申请", near
    ):
        return "其他"
    if re.search(r"异议|公示", near):
        return "公示"
    if re.search(r"报名|报到|参会|参赛|回执|参加|regist", near):
        return "报名"
    if re.search(r"征求意见|意见建议|反馈意见|修改意见|\bcomments?\b|\bviews\b", near):
        return "征求意见"
    if kind == "申报" or re.search(
        r"申报|申请|推荐|征集|受理|填报|预约|揭榜|遴选|提名|applications?|proposals?|nominations?|截止", near
    ):
        return "申报"
    return "申报" if re.search(r"申报|申请", text) and not re.search(r"报送|总结|报告", near) else "其他"
