"""The sources that policywatch ships: they load, can be built and asked, and say what is known of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policywatch import bootstrap, config
from policywatch.model import Cursor
from policywatch.sources.base import build

ROOT = Path(__file__).parents[2]
SPECS = config.load(ROOT / "config" / "policywatch.yaml", {}).sources
ENABLED = [spec for spec in SPECS if spec.enabled]
SITES = ["gov.cn", "sousuo.www.gov.cn", "miit.gov.cn", "ndrc.gov.cn", "zfxxgk.ndrc.gov.cn", "most.gov.cn", "sasac.gov.cn", "cac.gov.cn", "nea.gov.cn", "nda.gov.cn", "cnsa.gov.cn", "sastind.gov.cn", "caea.gov.cn", "mof.gov.cn", "mofcom.gov.cn", "samr.gov.cn", "stats.gov.cn", "caict.ac.cn", "nsfc.gov.cn", "kw.beijing.gov.cn", "jxj.beijing.gov.cn", "fgw.sh.gov.cn", "sheitc.sh.gov.cn", "gxj.sz.gov.cn", "www.sz.gov.cn", "gdii.gd.gov.cn", "jxt.zj.gov.cn", "kjt.zj.gov.cn", "fgw.hangzhou.gov.cn", "kjt.ah.gov.cn", "jx.ah.gov.cn", "fzggw.ah.gov.cn", "gxt.jiangsu.gov.cn", "gxt.shandong.gov.cn", "jxt.hubei.gov.cn", "kjj.wuhan.gov.cn", "wehdz.gov.cn", "suzhou.gov.cn", "iitb.hainan.gov.cn", "epaper.stdaily.com", "stdaily.com", "news.cn", "people.com.cn", "paper.people.com.cn", "36kr.com", "jiqizhixin.com", "qbitai.com", "leiphone.com", "c114.com.cn", "csrc.gov.cn", "nfra.gov.cn", "customs.gov.cn", "mps.gov.cn", "mohrss.gov.cn", "nhc.gov.cn"]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_a_shipped_source_can_be_asked_and_is_named_for_its_readers(spec):
    source = build(spec)
    assert all(request.url.startswith("http") for request in source.requests(Cursor()))
    assert source.hints() is not None
    assert re.search(r"[\u4e00-\u9fff]", spec.name) or spec.name == spec.name.upper()
    assert spec.verified == "never"


def test_ids_and_addresses_are_unique_and_every_known_site_is_there():
    assert len({spec.id for spec in SPECS}) == len(SPECS)
    assert len({spec.url for spec in SPECS}) == len(SPECS)
    assert [site for site in SITES if not any(site in spec.url for spec in SPECS)] == []


def test_a_careful_dozen_is_enabled_and_what_turns_programs_away_says_so():
    assert len(ENABLED) == 12
    assert len({spec.url.split("/")[2] for spec in ENABLED}) >= 10
    hostile = [spec for spec in SPECS if "只有浏览器" in spec.note or "拒绝" in spec.note]
    assert {"customs", "mps", "mohrss", "nhc", "caict"} <= {spec.id for spec in hostile}
    assert not any(spec.enabled for spec in hostile)
    assert all(not spec.note for spec in ENABLED)


def test_the_shipped_configuration_compiles():
    assert len(bootstrap.compiled(config.load(ROOT / "config" / "policywatch.yaml", {})).sources) == len(ENABLED)
