"""The configuration: YAML files and the environment, checked whole, every fault with its place.

Assembled from each room's own Spec or Options; a word that no room knows is refused. Parsed once and handed on in
parts; nothing else reads the files.
"""

from policywatch.config.loader import Loader, load
from policywatch.config.options import (
    LANGUAGES,
    LISTS,
    Config,
    KeepOptions,
    LogOptions,
    MailOptions,
    MainOptions,
    RematchOptions,
    StoryOptions,
)
from policywatch.config.web import PingOptions, WebOptions

__all__ = [
    "LANGUAGES",
    "LISTS",
    "Config",
    "KeepOptions",
    "Loader",
    "LogOptions",
    "MailOptions",
    "MainOptions",
    "PingOptions",
    "RematchOptions",
    "StoryOptions",
    "WebOptions",
    "load",
]
