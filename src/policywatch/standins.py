"""Pages that come in place of an article or a list: log-ins, challenges, errors, removals, and those that send on."""

from __future__ import annotations

import re

LOG_IN = "a log-in page"
# Only short pages count: an article may well speak of captchas.
_SHOWN = {
    "a challenge (captcha)": (
        "captcha|验证码|驗證碼|安全验证|人机验证|checking your browser|just a moment|cf-challenge|滑动验证|访问验证|"
        "访问(?:过于|太)频繁|请(?:开启|启用)\\s*JavaScript|enable javascript|安全(?:检查|检测)中"
    ),
    LOG_IN: "请(?:先)?登录|用户登录|登录后(?:查看|阅读)|please (?:log|sign) ?in|log ?in to continue",
    "a note that it was removed": (
        "(?:内容|文章|信息|页面|稿件|该文|网页)(?:可能)?(?:已被?|被)(?:删除|下线|撤销|撤稿|移除|屏蔽)|"
        "已过期或(?:已)?删除|内容已被?发布者删除"
    ),
    "an error page": (
        "(?:页面|网页|文章|内容|信息)(?:不存在|未找到|走丢了)|找不到(?:该|您)|访问(?:被拒绝|受限|出错)|"
        "(?:404|page) not found|forbidden|bad gateway|服务(?:暂时)?不可用|"
        "系统(?:维护|繁忙|错误)|internal server error|无权(?:限)?访问"
    ),
}
# What the scripts of challenges carry: 瑞数 ($_ts), 知道创宇 (__jsl), 阿里 (acw_sc__v2), WZWS, 36氪's WAF.
_CHALLENGE_SCRIPT = re.compile(
    r"\$_ts\b|jsl_clearance|document\.cookie\s*=\s*\('_'\)\s*\+\s*\('_'\)|acw_sc__v2|wzws_|_waftokenid|_cf_chl_opt|aliyun_waf",
    re.IGNORECASE,
)
_SENDS_ON = re.compile(
    r"<meta[^>]{0,80}http-equiv\s*=\s*[\"']?refresh[^>]{0,200}url=|(?:window\.|document\.|top\.|self\.)?location(?:\.href)?\s*=\s*[\"']|"
    r"location\.replace\(\s*[\"']",
    re.IGNORECASE,
)
SHORT = 400
"""Characters of a page above which it is not taken for one of these."""
_NOTHING = 20


def named(title: str, shown: str, source: str) -> str:
    """What a page is in place of another, in words that follow `instead of the article came`; empty when it is none.

    `shown` is the text that a reader sees, `source` the page's markup.
    """
    if len(shown) > SHORT:
        return ""
    if len(shown) <= _NOTHING or len(shown) * 50 < len(source):
        if _CHALLENGE_SCRIPT.search(source):
            return "a challenge (a script that wants a browser)"
        if len(shown) <= _NOTHING and _SENDS_ON.search(source):
            return "a page that only sends on to another address"
    for what, pattern in _SHOWN.items():
        if re.search(pattern, f"{title}\n{shown}", re.IGNORECASE):
            return what
    return ""
