"""Places of China after GB/T 2260: provinces, prefectures, county-level cities, and the districts named without a city."""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from policywatch.text.readings import readings

# Province, its one-character names, the words by which hosts call it, and its prefectures. A prefecture without its last
# word is a city (市); the others are written in full.
_PROVINCES = """
北京市|京|beijing bj|
天津市|津|tianjin tj|
河北省|冀|hebei heb he hbei|石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水
山西省|晋|shanxi sx|太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁
内蒙古自治区|蒙 内|neimenggu nmg nm|呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安盟 锡林郭勒盟 阿拉善盟
辽宁省|辽|liaoning ln|沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛
吉林省|吉|jilin jl|长春 吉林 四平 辽源 通化 白山 松原 白城 延边朝鲜族自治州
黑龙江省|黑|heilongjiang hlj|哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭地区
上海市|沪|shanghai sh|
江苏省|苏|jiangsu js|南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁
浙江省|浙|zhejiang zj|杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水
安徽省|皖|anhui ah|合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城
福建省|闽|fujian fj|福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德
江西省|赣|jiangxi jx|南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
山东省|鲁|shandong sd|济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
河南省|豫|henan ha hen|郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店
湖北省|鄂|hubei hb|武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施土家族苗族自治州
湖南省|湘|hunan hn hun|长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西土家族苗族自治州
广东省|粤|guangdong gd|广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮
广西壮族自治区|桂|guangxi gx gxzf|南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左
海南省|琼|hainan hi|海口 三亚 三沙 儋州
重庆市|渝|chongqing cq|
四川省|川|sichuan sc|成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝藏族羌族自治州 甘孜藏族自治州 凉山彝族自治州
贵州省|黔 贵|guizhou|贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南布依族苗族自治州 黔东南苗族侗族自治州 黔南布依族苗族自治州
云南省|滇 云|yunnan yn|昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄彝族自治州 红河哈尼族彝族自治州 文山壮族苗族自治州 西双版纳傣族自治州 大理白族自治州 德宏傣族景颇族自治州 怒江傈僳族自治州 迪庆藏族自治州
西藏自治区|藏|xizang xz|拉萨 日喀则 昌都 林芝 山南 那曲 阿里地区
陕西省|陕|shaanxi sn shx|西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛
甘肃省|甘|gansu gs|兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏回族自治州 甘南藏族自治州
青海省|青|qinghai qh|西宁 海东 海北藏族自治州 黄南藏族自治州 海南藏族自治州 果洛藏族自治州 玉树藏族自治州 海西蒙古族藏族自治州
宁夏回族自治区|宁|ningxia nx|银川 石嘴山 吴忠 固原 中卫
新疆维吾尔自治区|新|xinjiang xj|乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉回族自治州 博尔塔拉蒙古自治州 巴音郭楞蒙古自治州 阿克苏地区 克孜勒苏柯尔克孜自治州 喀什地区 和田地区 伊犁哈萨克自治州 塔城地区 阿勒泰地区
"""
# County-level cities, after the prefecture that they belong to; those that belong to none stand for themselves.
_COUNTIES = """
石家庄 晋州 新乐 辛集|唐山 遵化 迁安 滦州|邯郸 武安|邢台 南宫 沙河|保定 涿州 安国 高碑店 定州|沧州 泊头 任丘 黄骅 河间|廊坊 霸州 三河|衡水 深州
太原 古交|长治 潞城|晋城 高平|晋中 介休|运城 永济 河津|忻州 原平|临汾 侯马 霍州|吕梁 孝义 汾阳|大连 瓦房店 庄河|鞍山 海城|丹东 东港 凤城
锦州 凌海 北镇|营口 盖州 大石桥|辽阳 灯塔|铁岭 调兵山 开原|朝阳 北票 凌源|葫芦岛 兴城|沈阳 新民|长春 榆树 德惠 公主岭|吉林 蛟河 桦甸 舒兰 磐石
通化 梅河口 集安|白山 临江|松原 扶余|白城 洮南 大安|延边朝鲜族自治州 延吉 图们 敦化 珲春 龙井 和龙|哈尔滨 尚志 五常|齐齐哈尔 讷河|鸡西 虎林 密山
佳木斯 同江 富锦 抚远|牡丹江 绥芬河 海林 宁安 穆棱 东宁|黑河 北安 五大连池 嫩江|绥化 安达 肇东 海伦|伊春 铁力|通辽 霍林郭勒|呼伦贝尔 满洲里 牙克石 扎兰屯 额尔古纳 根河
乌兰察布 丰镇|兴安盟 乌兰浩特 阿尔山|锡林郭勒盟 二连浩特 锡林浩特|无锡 江阴 宜兴|徐州 新沂 邳州|常州 溧阳|苏州 常熟 张家港 昆山 太仓|南通 启东 如皋 海安
盐城 东台|扬州 仪征 高邮|镇江 丹阳 扬中 句容|泰州 兴化 靖江 泰兴|杭州 建德|宁波 余姚 慈溪|温州 瑞安 乐清 龙港|嘉兴 海宁 平湖 桐乡|绍兴 诸暨 嵊州
金华 兰溪 义乌 东阳 永康|衢州 江山|台州 温岭 临海 玉环|丽水 龙泉|合肥 巢湖|芜湖 无为|安庆 桐城 潜山|滁州 天长 明光|阜阳 界首|宣城 宁国 广德
福州 福清|三明 永安|泉州 石狮 晋江 南安|南平 邵武 武夷山 建瓯|龙岩 漳平|宁德 福安 福鼎|景德镇 乐平|九江 瑞昌 共青城 庐山|鹰潭 贵溪|赣州 瑞金 龙南|吉安 井冈山
宜春 丰城 樟树 高安|上饶 德兴|青岛 胶州 平度 莱西|枣庄 滕州|烟台 龙口 莱阳 莱州 招远 栖霞 海阳|潍坊 青州 诸城 寿光 安丘 高密 昌邑|济宁 曲阜 邹城|泰安 新泰 肥城
威海 荣成 乳山|德州 乐陵 禹城|聊城 临清|滨州 邹平|郑州 巩义 荥阳 新密 新郑 登封|平顶山 舞钢 汝州|安阳 林州|新乡 卫辉 辉县 长垣|焦作 沁阳 孟州|许昌 禹州 长葛
三门峡 义马 灵宝|南阳 邓州|商丘 永城|周口 项城|黄石 大冶|十堰 丹江口|宜昌 宜都 当阳 枝江|襄阳 老河口 枣阳 宜城|荆门 钟祥 京山|孝感 应城 安陆 汉川|荆州 石首 洪湖 松滋 监利
黄冈 麻城 武穴|咸宁 赤壁|随州 广水|恩施土家族苗族自治州 恩施 利川|长沙 浏阳 宁乡|株洲 醴陵|湘潭 湘乡 韶山|衡阳 耒阳 常宁|邵阳 武冈 邵东|岳阳 汨罗 临湘|常德 津市|益阳 沅江
郴州 资兴|永州 祁阳|怀化 洪江|娄底 冷水江 涟源|湘西土家族苗族自治州 吉首|韶关 乐昌 南雄|江门 台山 开平 鹤山 恩平|湛江 廉江 雷州 吴川|茂名 高州 化州 信宜|肇庆 四会|梅州 兴宁
阳江 阳春|清远 英德 连州|汕尾 陆丰|揭阳 普宁|云浮 罗定|桂林 荔浦|梧州 岑溪|北海|防城港 东兴|贵港 桂平|玉林 北流|百色 靖西 平果|来宾 合山|崇左 凭祥|南宁 横州
成都 都江堰 彭州 邛崃 崇州 简阳|德阳 广汉 什邡 绵竹|绵阳 江油|遂宁 射洪|内江 隆昌|乐山 峨眉山|南充 阆中|广安 华蓥|达州 万源|甘孜藏族自治州 康定|阿坝藏族羌族自治州 马尔康|凉山彝族自治州 西昌 会理
贵阳 清镇|六盘水 盘州|遵义 赤水 仁怀|毕节 黔西|黔西南布依族苗族自治州 兴义 兴仁|黔东南苗族侗族自治州 凯里|黔南布依族苗族自治州 都匀 福泉|昆明 安宁|曲靖 宣威|玉溪 澄江|保山 腾冲|昭通 水富
楚雄彝族自治州 楚雄 禄丰|红河哈尼族彝族自治州 个旧 开远 蒙自 弥勒|文山壮族苗族自治州 文山|西双版纳傣族自治州 景洪|大理白族自治州 大理|德宏傣族景颇族自治州 瑞丽 芒市|怒江傈僳族自治州 泸水|迪庆藏族自治州 香格里拉
西安|铜川|咸阳 兴平 彬州|渭南 韩城 华阴|延安 子长|榆林 神木|安康 旬阳|酒泉 玉门 敦煌|平凉 华亭|临夏回族自治州 临夏|甘南藏族自治州 合作|海西蒙古族藏族自治州 格尔木 德令哈 茫崖|玉树藏族自治州 玉树
银川 灵武|吴忠 青铜峡|昌吉回族自治州 昌吉 阜康|巴音郭楞蒙古自治州 库尔勒|阿克苏地区 阿克苏 库车|喀什地区 喀什|和田地区 和田|伊犁哈萨克自治州 伊宁 奎屯 霍尔果斯|塔城地区 塔城 乌苏 沙湾|阿勒泰地区 阿勒泰
"""
# Districts and zones that sign without their city's name.
_DISTRICTS = """
北京市 东城区 西城区 朝阳区 海淀区 丰台区 石景山区 门头沟区 房山区 通州区 顺义区 昌平区 大兴区 怀柔区 平谷区 密云区 延庆区 北京经济技术开发区 中关村科技园区
天津市 滨海新区 和平区 河西区 南开区 西青区 津南区 北辰区 武清区 宝坻区 静海区 宁河区 蓟州区
上海市 浦东新区 黄浦区 徐汇区 长宁区 静安区 普陀区 虹口区 杨浦区 闵行区 宝山区 嘉定区 金山区 松江区 青浦区 奉贤区 崇明区
重庆市 两江新区 万州区 涪陵区 渝中区 大渡口区 江北区 沙坪坝区 九龙坡区 南岸区 北碚区 綦江区 大足区 渝北区 巴南区 黔江区 长寿区 江津区 合川区 永川区 南川区 璧山区 铜梁区 潼南区 荣昌区 开州区 梁平区 武隆区
深圳市 南山区 福田区 罗湖区 宝安区 龙岗区 龙华区 光明区 坪山区 盐田区 大鹏新区 前海管理局 前海深港现代服务业合作区
广州市 越秀区 海珠区 荔湾区 天河区 白云区 黄埔区 番禺区 花都区 南沙区 从化区 增城区 广州开发区
杭州市 余杭区 滨江区 萧山区 上城区 拱墅区 钱塘区 临平区 富阳区 临安区|苏州市 苏州工业园区 吴江区 吴中区 相城区 姑苏区 虎丘区|南京市 江北新区 玄武区 秦淮区 建邺区 栖霞区 雨花台区 江宁区 浦口区 六合区 溧水区
成都市 天府新区 武侯区 锦江区 青羊区 金牛区 成华区 双流区 郫都区 龙泉驿区|武汉市 东湖高新区 江岸区 江汉区 硚口区 汉阳区 武昌区 洪山区 武汉东湖新技术开发区|西安市 雁塔区 碑林区 未央区 西咸新区|佛山市 南海区 顺德区 禅城区 三水区
青岛市 崂山区 黄岛区 西海岸新区|珠海市 香洲区 横琴新区|福州市 鼓楼区|合肥市 蜀山区 包河区 庐阳区 瑶海区|舟山市 舟山群岛新区|贵阳市 贵安新区|兰州市 兰州新区|哈尔滨市 哈尔滨新区|大连市 金普新区
"""
_OWN = {
    "香港特别行政区": ("香港",),
    "澳门特别行政区": ("澳门",),
    "台湾": ("台湾省", "台湾地区", "台湾"),
    "新疆生产建设兵团": ("新疆生产建设兵团", "新疆兵团"),
    "雄安新区": ("河北雄安新区", "雄安新区"),
}
NATIONWIDE = "中国"
"""The region of what national bodies issue; who asks may also say 全国."""
COUNTRIES = [
    "美国",
    "欧盟",
    "英国",
    "日本",
    "韩国",
    "印度",
    "德国",
    "法国",
    "俄罗斯",
    "加拿大",
    "澳大利亚",
    "新加坡",
    "巴西",
    "意大利",
    "西班牙",
    "荷兰",
    "瑞士",
    "瑞典",
    "挪威",
    "丹麦",
    "芬兰",
    "波兰",
    "奥地利",
    "比利时",
    "爱尔兰",
    "葡萄牙",
    "以色列",
    "土耳其",
    "沙特",
    "阿联酋",
    "卡塔尔",
    "埃及",
    "南非",
    "尼日利亚",
    "肯尼亚",
    "墨西哥",
    "阿根廷",
    "智利",
    "印度尼西亚",
    "印尼",
    "马来西亚",
    "泰国",
    "越南",
    "菲律宾",
    "哈萨克斯坦",
    "乌克兰",
    "新西兰",
    "伊朗",
    "朝鲜",
    "巴基斯坦",
    "蒙古国",
]
"""Those that Chinese texts speak of most, and the European Union."""
_COUNTY_TAIL = re.compile(
    r"[\u4e00-\u9fff]{1,8}?(?:自治县|自治旗|新区|工业园区|开发区|高新区|示范区|保税区|园区|(?<!自治)区|县|旗|林区)"
)
_CUT = ("土家族苗族", "布依族苗族", "藏族羌族", "苗族侗族", "壮族苗族", "哈尼族彝族", "傣族景颇族", "蒙古族藏族", "朝鲜族", "藏族", "彝族",
        "傣族", "白族", "傈僳族", "回族", "蒙古", "柯尔克孜", "哈萨克")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A place that stands at the beginning of a text."""

    region: str
    """The province, or the city that the place is or belongs to."""
    level: str
    """国家, 省, 市 or 区县."""
    end: int
    """Where its name ends."""
    province: str


@dataclass(frozen=True, slots=True)
class Atlas:
    """The tables, made ready."""

    names: dict[str, tuple[str, str, str]]
    """Name, short or whole: region, level, province."""
    pattern: re.Pattern[str]
    """Any name, the longest first."""
    short: dict[str, str]
    """粤: 广东省."""
    hosts: dict[str, str]
    """gd: 广东省."""
    cities: dict[str, str]
    """City to province."""


@cache
def atlas() -> Atlas:
    """All places."""
    names: dict[str, tuple[str, str, str]] = {}
    short: dict[str, str] = {}
    hosts: dict[str, str] = {}
    cities: dict[str, str] = {}
    for line in _PROVINCES.strip().splitlines():
        province, marks, words, below = line.split("|")
        names[province] = (province, "省", province)
        names[_stem(province)] = (province, "省", province)
        short |= dict.fromkeys(marks.split(), province)
        hosts |= dict.fromkeys(words.split(), province)
        for name in below.split():
            city = name if name[-1] in "州盟区" and len(name) > 3 else f"{name}市"
            cities[city] = province
            for called in {city, name, _prefecture(city)}:
                names.setdefault(called, (city, "市", province))
    for group in _COUNTIES.replace("\n", "|").strip("|").split("|"):
        above, *below_ = group.split()
        city = above if above in cities else f"{above}市"
        for name in below_:
            names.setdefault(f"{name}市", (city, "区县", cities[city]))
    for group in _DISTRICTS.replace("\n", "|").strip("|").split("|"):
        city, *districts = group.split()
        for name in districts:
            names.setdefault(name, (city, "区县", cities.get(city, city)))
    for region, called_ in _OWN.items():
        names |= dict.fromkeys((region, *called_), (region, "省" if region != "雄安新区" else "市", region))
    longest = sorted(names, key=len, reverse=True)
    return Atlas(names, re.compile("|".join(map(re.escape, longest))), short, hosts, cities)


def at_start(text: str) -> Place | None:
    """The place that a text begins with: 深圳市南山区科技创新局 is 深圳市, at the level 区县."""
    known = atlas()
    found = known.pattern.match(text)
    if found is None:
        return None
    region, level, province = known.names[found[0]]
    end = found.end()
    if level == "省" and region == province and found[0] not in _OWN and len(text) > end:
        inner = known.pattern.match(text, end)
        if inner is not None:
            below, its_level, its_province = known.names[inner[0]]
            if its_province == province and its_level != "省":
                region, level, end = below, its_level, inner.end()
    if level != "区县":
        tail = _COUNTY_TAIL.match(text, end)
        if tail is not None and not re.match(r"(?:.{0,4}(?:全|各|地|社|辖|城|郊|特))区", tail[0]):
            return Place(region, "区县", tail.end(), province)
        city = known.names.get(f"{text[end : end + 2]}市") or known.names.get(f"{text[end : end + 3]}市")
        if city is not None and city[1] == "区县" and re.match(r"[\u4e00-\u9fff]{2,3}市", text[end:]):
            return Place(region if level == "市" else city[0], "区县", end + text[end:].index("市") + 1, province)
    return Place(region, level, end, province)


def _stem(province: str) -> str:
    for tail in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市"):
        if province.endswith(tail):
            return province.removesuffix(tail)
    return province


def _prefecture(city: str) -> str:
    """延边州 for 延边朝鲜族自治州; the name itself for the others."""
    if not city.endswith("自治州"):
        return city
    stem = city.removesuffix("自治州")
    for people in _CUT:
        if stem.endswith(people):
            return f"{stem.removesuffix(people)}州"
    return city


def province_of_host(host: str) -> str:
    """The province that a host's name tells, or its city's: kjt.gd.gov.cn is of 广东省; empty when none does."""
    known = atlas().hosts
    told = next((known[word] for word in _words(host) if word in known), "")
    return told or atlas().cities.get(city_of_host(host), "")


def city_of_host(host: str) -> str:
    """The prefecture whose pinyin stands in a host's name, if there is one of that name only."""
    known = _pinyin()
    return next((known[word] for word in _words(host) if known.get(word)), "")


def _words(host: str) -> list[str]:
    labels = [label.rpartition("-")[2] for label in host.lower().split(".")]
    return [label for label in labels if label not in {"www", "gov", "cn", "com", "org", "edu", "net"}]


@cache
def _pinyin() -> dict[str, str]:
    """By pinyin of its name: the city; empty where two are spelt alike, save one far larger."""
    found: dict[str, str] = {}
    for city in atlas().cities:
        stem = _prefecture(city).removesuffix("市").removesuffix("盟").removesuffix("地区").removesuffix("州") or city
        stem = stem if len(stem) > 1 else city.removesuffix("市")
        for word in _spellings(stem):
            found[word] = "" if word in found else city
    return found | {"suzhou": "苏州市", "fuzhou": "福州市", "xian": "西安市"} | _SHORT_HOSTS


# Cities whose sites go by letters: sz.gov.cn. (The sites' own addresses, as the cities' pages give them.)
_SHORT_HOSTS = {
    "sz": "深圳市", "gz": "广州市", "xm": "厦门市", "dl": "大连市", "xa": "西安市", "nc": "南昌市", "km": "昆明市",
    "sjz": "石家庄市", "dg": "东莞市", "zs": "中山市", "xz": "徐州市", "lyg": "连云港市", "tl": "铜陵市", "mas": "马鞍山市",
}  # fmt: skip


def _spellings(name: str) -> list[str]:
    spelt = [""]
    for character in name:
        sounds = sorted({_toneless(one) for one in readings(character)})[:4]
        spelt = [head + sound for head in spelt for sound in sounds][:64]
    return spelt


def _toneless(reading: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFD", reading) if not unicodedata.combining(one))
    return bare.replace("ü", "v")


def is_region(name: str) -> bool:
    """Whether a document may be from there: a province, a prefecture, a country, 全国; a district is told by its city."""
    known = atlas().names.get(name)
    return name in {NATIONWIDE, "全国", *COUNTRIES} or (known is not None and known[1] != "区县")


def checked(regions: list[str]) -> list[str]:
    """The same regions. Raises ValueError at one that no document may be from."""
    for region in regions:
        if not is_region(region):
            raise ValueError(
                f"{region!r} is no region that documents are told apart by; write a province, a city, a country or "
                "全国 (a district is told by its city)"
            )
    return regions


def within(region: str, wanted: str) -> bool:
    """Whether a region is the wanted one or lies in it: 深圳市 is in 广东, and 中国 is 全国 and nothing smaller."""
    if not region:
        return False
    if region == (wanted if wanted != "全国" else NATIONWIDE):
        return True
    names = atlas().names
    if wanted not in names:
        return False
    its, level, province = names[wanted]
    return its == region or (level == "省" and region in names and names[region][2] == province)
