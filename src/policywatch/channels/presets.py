"""Servers of well-known mail providers, and what their refusals mean to a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tls = Literal["starttls", "implicit", "none"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Where a provider takes mail, and what to tell a user whose log-in it refuses."""

    host: str
    port: int
    tls: Tls
    on_refused_login: str
    pace: str
    """For everything that leaves by it: what we hold to be careful, below what the provider allows."""


_CODE = (
    "{who} takes an authorisation code (授权码) here and not the log-in password: make one in the mailbox's settings "
    "({where}) and write it as `password`"
)

# Hosts and ports are those of the providers' help pages for mail programs: service.mail.qq.com (QQ, 587 with STARTTLS
# works too), help.mail.163.com, open.work.weixin.qq.com/help2 (Tencent Exmail), support.google.com/mail/answer/7126229,
# support.microsoft.com "POP, IMAP, and SMTP settings for Outlook.com". RFC 8314 prefers TLS from the first byte (465).
PRESETS: dict[str, Preset] = {
    "qq": Preset(
        "smtp.qq.com", 465, "implicit", _CODE.format(who="QQ mail", where="设置 > 账号 > POP3/IMAP/SMTP 服务"), "20/min"
    ),
    "163": Preset(
        "smtp.163.com",
        465,
        "implicit",
        _CODE.format(who="163 mail", where="设置 > POP3/SMTP/IMAP > 授权密码"),
        "20/min",
    ),
    "exmail": Preset(
        "smtp.exmail.qq.com",
        465,
        "implicit",
        _CODE.format(who="Tencent Exmail", where="设置 > 账户 > 安全登录 > 客户端专用密码"),
        "30/min",
    ),
    "gmail": Preset(
        "smtp.gmail.com",
        465,
        "implicit",
        "Gmail takes an app password here and not the log-in password: switch on 2-step verification, make one at "
        "myaccount.google.com/apppasswords and write it as `password`",
        "60/min",
    ),
    "outlook": Preset(
        "smtp-mail.outlook.com",
        587,
        "starttls",
        "Microsoft wants modern sign-in (OAuth) for most mailboxes and refuses passwords: a company's administrator "
        "can allow SMTP AUTH for one mailbox (then write `host: smtp.office365.com` instead of the preset); a personal "
        "mailbox cannot send this way, so use another provider",
        "30/min",
    ),
}
"""By the word after `preset:`."""

_BY_DOMAIN = {
    "exmail.qq.com": PRESETS["exmail"],
    "qq.com": PRESETS["qq"],
    "163.com": PRESETS["163"],
    "126.com": PRESETS["163"],
    "yeah.net": PRESETS["163"],
    "gmail.com": PRESETS["gmail"],
    "googlemail.com": PRESETS["gmail"],
    "outlook.com": PRESETS["outlook"],
    "office365.com": PRESETS["outlook"],
}
_UNKNOWN_HOST = (
    "check `user` and `password`; many providers want a code made for mail programs (授权码, app password) instead of "
    "the log-in password"
)


def login_hint(host: str) -> str:
    """What a refused log-in means at this host, whether it was named by a preset or by `host:`."""
    name = host.lower().rstrip(".")
    for domain, preset in _BY_DOMAIN.items():
        if name == domain or name.endswith(f".{domain}"):
            return preset.on_refused_login
    return _UNKNOWN_HOST
