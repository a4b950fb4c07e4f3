"""Synthetic Chinese news articles: sentences of words drawn at random, the same in every run."""

from __future__ import annotations

import random

LENGTH = 1224
"""Characters of an article: the mean of Chinese policy news."""
PARAGRAPH = 200

_WHO = """
    国务院 工业和信息化部 国家发展改革委 科技部 财政部 生态环境部 商务部 国家能源局 市场监管总局 地方政府 有关部门 行业协会 龙头企业 中小企业
    科研院所 高等学校 专家委员会 示范城市 产业园区 自由贸易试验区 长三角地区 粤港澳大湾区 成渝地区 中央企业 民营企业 投资机构 新闻发言人 研究团队 工程师们
    沈阳市 乾县 魏先生 钟教授
""".split()
_DOES = """
    发布 印发 启动 推动 支持 鼓励 完善 建设 培育 加快 深化 优化 统筹 部署 探索 突破 形成 提升 保障 规范 开展 实施 公布 研究 明确 覆盖 引导 扩大
    联合 组织 论证 回复 批复 反复强调 了解 借助 计划推进 发现 瞄准
""".split()
_WHAT = """
    人形机器人 脑机接口 量子科技 量子计算 生物制造 未来产业 低空经济 商业航天 新型储能 锂电池 光伏组件 氢能 燃料电池 智能网联汽车 新能源汽车 元宇宙 原子级制造
    深海空天开发 第六代移动通信 人工智能大模型 集成电路 先进材料 工业互联网 数据要素 算力基础设施 绿色低碳转型 标准体系 创新中心 中试平台 产业链供应链
    关键核心技术 首台套装备 应用场景 示范工程 专项资金 知识产权 人才队伍 安全监管 碳排放核算 电力市场改革 医疗器械 创新药物 卫星互联网 无人机物流 智慧农业
    数字化车间 供应链金融 发电机组 钟表零件 面粉加工 头发检测 历史档案 台风预警 干部培训 后勤服务 里程碑节点 云计算 松木家具 丑闻调查
""".split()
_HOW = """
    据了解 据介绍 与此同时 近年来 下一步 为此 目前 此外 业内人士认为 数据显示 会议指出 意见提出 从长远看 在此基础上 由于 对于企业来说 关于这一问题
    按照总体要求 坚持系统观念 以需求为牵引 什么样的路径更有效 为什么要这样做 从三个方面 在于 进一步 着力 有序 全面 稳妥 积极 持续 因地制宜地 高质量 分阶段
""".split()
_ASIDES = (
    " AI ",
    "5G",
    "６Ｇ",
    "GDP",
    "（ＡＩ）",
    " OpenAI ",
    "“",
    "”",
    "——",
    "《",
    "》",
    "2026年",
    "37.5%",
    "１２个",
    "3000万元",
    "、",
)


def articles(count: int, seed: int = 7) -> list[str]:
    """Articles in simplified characters, LENGTH characters each; blank lines stand between their paragraphs."""
    dice = random.Random(seed)  # the same texts in every run
    return [_article(dice) for _ in range(count)]


def _article(dice: random.Random) -> str:
    paragraphs = []
    while sum(map(len, paragraphs)) < LENGTH:
        paragraph = ""
        while len(paragraph) < PARAGRAPH:
            paragraph += _sentence(dice)
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)[: LENGTH - 1].rstrip() + "。"


def _sentence(dice: random.Random) -> str:
    clauses = []
    for _ in range(dice.randint(1, 4)):
        clause = "".join(dice.choice(words) for words in (_HOW, _WHO, _HOW, _DOES, _WHAT))
        if dice.random() < 0.4:
            clause += dice.choice(_ASIDES) + dice.choice(_DOES) + dice.choice(_WHAT)
        clauses.append(clause)
    return "，".join(clauses) + "。"
