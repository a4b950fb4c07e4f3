"""Names that tell two texts of one template apart: provinces, cities and countries, English months and ordinals."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Administrative divisions of China down to prefecture level (GB/T 2260), by their short names.
_CHINA = """
北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆
四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 香港 澳门 台湾 雄安 石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州
廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔
巴彦淖尔 乌兰察布 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 长春 四平 辽源 通化 白山
松原 白城 延边 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 南京 无锡 徐州 常州 苏州
南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 淮南
马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌
景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州
聊城 滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石
十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化
娄底 湘西 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮
南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 三沙 儋州 成都 自贡 攀枝花 泸州
德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 贵阳 六盘水 遵义 安顺 毕节 铜仁 昆明 曲靖 玉溪
保山 昭通 丽江 普洱 临沧 大理 拉萨 日喀则 昌都 林芝 山南 那曲 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州
嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 西宁 海东 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依
吐鲁番 哈密 喀什 和田
"""
_COUNTRIES = """
美国 英国 法国 德国 意大利 西班牙 葡萄牙 荷兰 比利时 瑞士 瑞典 挪威 丹麦 芬兰 奥地利 波兰 匈牙利 捷克 塞尔维亚 希腊
土耳其 俄罗斯 乌克兰 白俄罗斯 日本 韩国 朝鲜 蒙古 越南 老挝 柬埔寨 泰国 缅甸 马来西亚 新加坡 印度尼西亚 印尼 菲律宾
印度 巴基斯坦 孟加拉国 斯里兰卡 尼泊尔 哈萨克斯坦 乌兹别克斯坦 吉尔吉斯斯坦 塔吉克斯坦 土库曼斯坦 伊朗 伊拉克 以色列
沙特 阿联酋 卡塔尔 埃及 南非 尼日利亚 埃塞俄比亚 肯尼亚 坦桑尼亚 巴西 阿根廷 智利 秘鲁 墨西哥 加拿大 古巴 澳大利亚
新西兰 欧盟 东盟 非盟
"""
_ENGLISH = """
january february march april may june july august september october november december first second third fourth fifth
sixth seventh eighth ninth tenth china japan korea india germany france italy spain britain america canada australia
brazil
"""
_HAN = sorted({*_CHINA.split(), *_COUNTRIES.split()}, key=lambda name: (-len(name), name))
_NAMES = [*_HAN, *_ENGLISH.split()]
_PLACE = re.compile(rf"{'|'.join(_HAN)}|\b(?:{'|'.join(_ENGLISH.split())})\b")
_FIRST = 0xE000
"""The private characters that stand for places: one for each."""
_SIGNS = {name: chr(_FIRST + number) for number, name in enumerate(_NAMES)}
SIGNS = range(_FIRST, _FIRST + len(_NAMES))


def signed(folded: str) -> str:
    """A folded title with one private character in the place of each name."""
    return _PLACE.sub(lambda found: _SIGNS[found[0]], folded)


def sign(codes: NDArray[np.uint32]) -> None:
    """Does the same to the code points of a folded text, Chinese names only: what is left of a name becomes 0.

    By tables over first and second characters: an expression with so many names asks at each character for each.
    """
    begins, goes_on, names = _tables()
    places = np.flatnonzero(begins.take(codes[:-1], mode="clip") & goes_on.take(codes[1:], mode="clip"))
    for at in places.tolist():
        for name in names.get((int(codes[at]), int(codes[at + 1])), ()):
            if codes[at : at + len(name)].tolist() == name:
                codes[at] = ord(_SIGNS["".join(map(chr, name))])
                codes[at + 1 : at + len(name)] = 0
                break


def name_of(sign: str) -> str:
    """The name that a private character stands for."""
    return _NAMES[ord(sign) - _FIRST]


@cache
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_], dict[tuple[int, int], list[list[int]]]]:
    begins, goes_on = np.zeros(0x110000, dtype=np.bool_), np.zeros(0x110000, dtype=np.bool_)
    names: dict[tuple[int, int], list[list[int]]] = {}
    for name in _HAN:
        codes = [ord(letter) for letter in name]
        begins[codes[0]] = goes_on[codes[1]] = True
        names.setdefault((codes[0], codes[1]), []).append(codes)
    return begins, goes_on, names
