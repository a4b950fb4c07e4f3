"""Issuing bodies: the organs of the state as the State Council lists them, their short names, and what a name looks like."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from policywatch.text import places

# The full name, then the names by which documents and pages call it. After 国务院机构设置 (2023 reform and later
# notices) and the Party's and courts' own sites.
_NATIONAL = """
国务院
国务院办公厅 国办
中共中央
中共中央办公厅 中办
全国人民代表大会 全国人大
全国人民代表大会常务委员会 全国人大常委会
全国人大常委会法制工作委员会 全国人大常委会法工委
中国人民政治协商会议全国委员会 全国政协
最高人民法院 最高法院 最高法
最高人民检察院 最高检察院 最高检
外交部
国防部
国家发展和改革委员会 国家发展改革委 国家发改委 发展改革委 发改委
教育部
科学技术部 科技部
工业和信息化部 工信部 工业与信息化部
国家民族事务委员会 国家民委
公安部
国家安全部
民政部
司法部
财政部
人力资源和社会保障部 人力资源社会保障部 人社部
自然资源部
生态环境部
住房和城乡建设部 住房城乡建设部 住建部
交通运输部
水利部
农业农村部
商务部
文化和旅游部 文旅部
国家卫生健康委员会 国家卫生健康委 国家卫健委 卫生健康委
退役军人事务部 退役军人部
应急管理部
中国人民银行 人民银行 央行
审计署
国务院国有资产监督管理委员会 国务院国资委 国资委
海关总署
国家税务总局 税务总局
国家市场监督管理总局 市场监管总局 国家市场监管总局 市场监督管理总局
国家金融监督管理总局 金融监管总局 国家金融监管总局
中国证券监督管理委员会 中国证监会 证监会
国家广播电视总局 国家广电总局 广电总局
国家体育总局 体育总局
国家统计局
国家知识产权局
国家国际发展合作署
国家医疗保障局 国家医保局
国家机关事务管理局
国家信访局
国务院研究室
国家互联网信息办公室 国家网信办
中央网络安全和信息化委员会办公室 中央网信办
新华通讯社
中国科学院 中科院
中国社会科学院 社科院
中国工程院
国务院发展研究中心
中央广播电视总台
中国气象局
国家粮食和物资储备局 国家粮食局 国家粮食和储备局
国家能源局
国家数据局
国家国防科技工业局 国防科工局
国家烟草专卖局
国家移民管理局
国家林业和草原局 国家林草局
国家铁路局
中国民用航空局 民航局 中国民航局
国家邮政局
国家文物局
国家中医药管理局
国家疾病预防控制局 国家疾控局
国家矿山安全监察局
国家消防救援局
国家外汇管理局
国家药品监督管理局 国家药监局
国家公务员局
国家档案局
国家保密局
国家密码管理局
国家航天局
国家原子能机构
国家核安全局
国家认证认可监督管理委员会 国家认监委 认监委
国家标准化管理委员会 国家标准委 国标委
国家自然科学基金委员会 自然科学基金委
全国哲学社会科学工作办公室
中国科学技术协会 中国科协
中华全国总工会 全国总工会
共青团中央
全国工商联
国家版权局
国家新闻出版署
国家电影局
中央军委科学技术委员会
全国社会保障基金理事会
国务院学位委员会
国家制造强国建设领导小组
国务院关税税则委员会
"""
# Of local bodies: how they are called, and their names.
_LOCAL = """
科技厅 科学技术厅
科技局 科学技术局
科委 科学技术委员会
工信厅 工业和信息化厅
工信局 工业和信息化局
工信委 工业和信息化委员会
经信厅 经济和信息化厅
经信局 经济和信息化局
经信委 经济和信息化委员会
经济信息化委 经济和信息化委员会
经济信息委 经济和信息化委员会
发改委 发展和改革委员会
发展改革委 发展和改革委员会
发改局 发展和改革局
发展改革局 发展和改革局
人社厅 人力资源和社会保障厅
人社局 人力资源和社会保障局
人力资源社会保障厅 人力资源和社会保障厅
人力资源社会保障局 人力资源和社会保障局
住建厅 住房和城乡建设厅
住建局 住房和城乡建设局
住房城乡建设厅 住房和城乡建设厅
住房城乡建设局 住房和城乡建设局
住建委 住房和城乡建设委员会
市场监管局 市场监督管理局
市监局 市场监督管理局
卫健委 卫生健康委员会
卫生健康委 卫生健康委员会
网信办 互联网信息办公室
国资委 国有资产监督管理委员会
教委 教育委员会
商委 商务委员会
药监局 药品监督管理局
医保局 医疗保障局
政数局 政务服务和数据管理局
政务服务数据管理局 政务服务和数据管理局
农委 农业农村委员会
交通委 交通委员会
生态环境厅 生态环境厅
科创局 科技创新局
科创委 科技创新委员会
金融办 地方金融管理局
文旅厅 文化和旅游厅
文旅局 文化和旅游局
应急局 应急管理局
应急厅 应急管理厅
民委 民族事务委员会
科协 科学技术协会
管委会 管理委员会
"""
_INNER = "办公厅|办公室|秘书处|秘书局|综合司|[\u4e00-\u9fff]{1,12}(?:司|局|处|中心)"
_TAIL = (
    "部|局|厅|委员会|委|人民政府|政府|办公室|办公厅|总署|署|总局|司|处|科|秘书处|秘书局|中心|协会|学会|联合会|促进会|商会|公司|集团|大学|学院|"
    "银行|法院|检察院|管委会|管理处|联盟|研究院|研究所|研究会|基金会|交易所|总工会|工会|指挥部|领导小组|工作组|常委会|常务委员会|人民代表大会|"
    "人大|政协|科协|残联|工商联|团委|海关|总队|支队|台|社|院|机构|事务所|管理局|分局|主席|国务院|中央|联席会议|组委会|理事会|执委会|筹委会|出版社|医院|"
    "图书馆|博物馆|总台|公署|金管局|监管局|工作专班|专项办|兵团|省长|市长"
)
_NAME = re.compile(rf"[\u4e00-\u9fff·“”()]{{1,45}}?(?:{_TAIL})(?:\(.{{1,12}}\))?")
_NEVER = re.compile(
    r"附件|名单|关于|联系|电话|地址|邮箱|传真|各[省市区县州设有地单处部]|有关|下列|以下|目录|表$|如下|通知|公告|公示|办法|规定|方案|意见|条例|章|请|特此|抄送|印发|此件|"
    r"^(?:附|注|第|[一二三四五六七八九十]+[、.]|来源|作者|编辑|记者|责任|主办|承办|转自|摘自|转载|总则|前言|目的|背景|范围)"
)
MEDIA = re.compile(
    r"报$|日报|晚报|时报|晨报|早报|商报|网$|新闻|通讯社|新华社|中新社|杂志|电视台|广播|台$|公众号|时讯|周刊|传媒|客户端|财经|观察|微信|头条|新浪|腾讯|搜狐|网易|澎湃|在线|资讯|"
    r"daily|news|times|post$|reuters|bloomberg|journal$|press$|\bap\b"
)


@dataclass(frozen=True, slots=True)
class National:
    """The organs of the state, made ready."""

    full: dict[str, str]
    """Any name: the full one."""
    pattern: re.Pattern[str]


@cache
def national() -> National:
    """All of them."""
    full: dict[str, str] = {}
    for line in _NATIONAL.strip().splitlines():
        names = line.split()
        full |= dict.fromkeys(names, names[0])
    longest = sorted(full, key=len, reverse=True)
    return National(full, re.compile("|".join(map(re.escape, longest))))


@cache
def _local() -> tuple[dict[str, str], re.Pattern[str]]:
    names = dict(line.split() for line in _LOCAL.strip().splitlines())
    longest = sorted(names, key=len, reverse=True)
    return names, re.compile(rf"({'|'.join(longest)})(?={_INNER}|$)")


def names_of(line: str) -> tuple[str, ...]:
    """The bodies that a line lists and nothing beside; empty when it says anything else."""
    text = line.strip(" ,;:。、")
    if not 2 <= len(text) <= 400 or any(mark in text for mark in "。;:!?《》【】"):
        return ()
    tokens = text.split()
    if len(tokens) > 1 and all(len(token) == 1 for token in tokens):
        tokens = ["".join(tokens)]
    parts = [part for token in tokens for part in re.split("[、,/]", token) if part]
    if len(parts) > 1 and not all(_is_name(part) for part in parts):
        whole = "".join(tokens)
        parts = [whole] if len(whole) <= 30 and "、" not in whole else parts
    return tuple(parts) if parts and all(_is_name(part) for part in parts) else ()


def _is_name(text: str) -> bool:
    if text in national().full:
        return True
    return 3 <= len(text) <= 45 and _NAME.fullmatch(text) is not None and _NEVER.search(text) is None


def full(name: str, province: str = "", city: str = "") -> str:
    """The full name of a body: 工信部 is 工业和信息化部, 市科技局 is 宁波市科学技术局 where the city is known."""
    name = re.sub(r"\((?:盖章|代章|章|公章)\)$", "", name.strip())
    name = name.removeprefix("中华人民共和国") or name
    known = national().full
    if name in known:
        return known[name]
    found = national().pattern.match(name)
    if found is not None and re.fullmatch(_INNER, name[found.end() :]) and len(found[0]) > 2:
        return f"{known[found[0]]}{name[found.end() :]}"
    place = places.at_start(name)
    if place is None:
        if name.startswith(("省", "自治区")) and province:
            name = province + name.removeprefix("自治区").removeprefix("省")
        elif name.startswith("市") and (city or province.endswith("市")):
            name = (city or province) + name[1:]
        elif name.startswith("我"):
            return ""
    else:
        name = _whole_place(name, place)
    names, pattern = _local()
    return pattern.sub(lambda found: names[found[1]], name, count=1)


def _whole_place(name: str, place: places.Place) -> str:
    """广东科技厅 is 广东省科技厅; 海南州科技局 is of 海南藏族自治州."""
    said = name[: place.end]
    if (
        place.level == "区县"
        or said == place.region
        or said.endswith(place.region)
        or place.region.startswith(("香港", "澳门", "台湾", "新疆生"))
    ):
        return name
    if place.region.startswith(said) or said.endswith("州"):
        return place.region + name[place.end :]
    return name


def is_national(name: str) -> bool:
    """Whether a body's own name says that it belongs to the whole country."""
    return bool(national().pattern.match(name)) or name.startswith(
        ("国家", "全国", "中国", "中央", "中共中央", "中华", "国务院")
    )


def is_of(name: str, wanted: str) -> bool:
    """Whether a body is the wanted one or belongs to it: 工业和信息化部科技司 to 工信部, 广东省科学技术厅 to 科技厅."""
    whole = full(wanted)
    if name == whole:
        return True
    if whole in national().full:
        return name.startswith(whole) and re.fullmatch(_INNER, name[len(whole) :]) is not None
    return whole in name
