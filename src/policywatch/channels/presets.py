"""Servers of well-known mail providers, and what their refusals mean.

Hosts and ports as the providers' own help pages give them (QQ, 163, Tencent Exmail, Google, Microsoft; 2026).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """Where a provider takes mail, and what to tell a user whose log-in it refuses."""

    host: str
    port: int
    tls: str
    on_refused_login: str


_CODE = (
    "the password here must be an authorisation code (授权码), not the log-in password: make one in the mailbox's "
    "settings under {where} and put it into `password`"
)

PRESETS = {
    "qq": Preset("smtp.qq.com", 465, "implicit", _CODE.format(where="账号 > POP3/IMAP/SMTP服务")),
    "163": Preset("smtp.163.com", 465, "implicit", _CODE.format(where="POP3/SMTP/IMAP > 客户端授权密码")),
    "exmail": Preset("smtp.exmail.qq.com", 465, "implicit", _CODE.format(where="设置 > 账户 > 客户端专用密码")),
    "gmail": Preset(
        "smtp.gmail.com", 587, "starttls", "the password here must be an app password, made in the Google account"
    ),
    "outlook": Preset(
        "smtp-mail.outlook.com", 587, "starttls", "the account must allow SMTP AUTH, and may want an app password"
    ),
}
"""By the word after `preset:`."""

_HOSTS = {preset.host: preset for preset in PRESETS.values()} | {
    "smtp.126.com": PRESETS["163"],
    "smtp.yeah.net": PRESETS["163"],
    "hwsmtp.exmail.qq.com": PRESETS["exmail"],
}


def login_hint(host: str) -> str:
    """What a refused log-in means at this host; a general word where nothing is known."""
    preset = _HOSTS.get(host.lower())
    return preset.on_refused_login if preset else "check `user` and `password`; some providers want a code made for programs"
