# ruff: noqa: E501  # a sentence is one line, or it can't be searched
"""Small real inputs for the tests: a corpus, documents, PDF files; every sentence is invented for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from policytext.corpus import Example
from policytext.types import Block, Document, Kind, Language, Passage, Tag, Tagged

# ---------------------------------------------------------------- text for property tests

HAN = st.sampled_from("政策标准互认研究人才企业创新规则市场基础产业链供应安全的是一二三四五〇体制机臺灣標準𠮷")
"""Characters of policy prose: with traditional ones, the zero of years, and one beyond the basic plane."""

WORD = st.sampled_from(["ISO", "standards", "2025", "R&D", "AI", "policy", "5", "don't"])
PAUSE = st.sampled_from(["，", "。", "；", "、", " ", "：", "（", "）", "\n", ", ", ". "])

PROSE = st.lists(st.one_of(HAN, HAN, HAN, WORD, PAUSE), min_size=1, max_size=60).map("".join)
"""Chinese sentences with English words and figures among them; no quotation marks."""

ANY_TEXT = st.text(st.characters(), max_size=60)
"""Whatever a keyboard or a broken file may give, halves of characters included."""

STORED_TEXT = st.text(max_size=80)
"""Any text that can be written as UTF-8."""

# ---------------------------------------------------------------- a corpus of four documents

Line = dict[str, Any]


def _document(doc: str, language: str, parts: Iterable[tuple[str, str, str, list[str], list[str]]]) -> list[Line]:
    return [
        {
            "id": f"{doc}-{n:03d}",
            "doc": doc,
            "language": language,
            "section": [section],
            "text": text,
            "role": role,
            "also": also,
            "themes": themes,
        }
        for n, (section, role, text, also, themes) in enumerate(parts, 1)
    ]


CORPUS: Mapping[str, list[Line]] = {
    "zh-coldchain-01": _document(
        "zh-coldchain-01",
        "zh",
        [
            (
                "一、引言",
                "background",
                "冷链物流是指生鲜食品从产地到餐桌始终处于规定温度的运输与储存方式，本文以南湖流域六个县的调查为依据，讨论县域冷链建设的得失。",
                [],
                [],
            ),
            (
                "二、现有基础",
                "foundation",
                "近五年来，六县累计建成产地冷库四百二十座，库容比2019年增长一倍，三家龙头企业率先开通了直达省城的冷藏班车，果蔬损耗明显下降。",
                [],
                ["supply-chain"],
            ),
            (
                "三、成因分析",
                "cause",
                "第一，冷库之所以闲置，根源在于投资与使用脱节：补贴按库容一次发放，建成之后由谁运营、电费由谁承担没有约定，导致旺季之外大半空着。",
                ["dilemma"],
                ["governance"],
            ),
            (
                "三、成因分析",
                "cause",
                "第二，温度标准由农业、交通、市场监管三个部门分别制定，数值互不一致，因而企业只能就低执行，全程控温无从谈起。",
                [],
                ["standards", "governance"],
            ),
            (
                "四、面临的困境",
                "dilemma",
                "目前县域冷链断链问题突出，产地预冷率不足三成，冷藏车缺口超过六百辆，一半以上的草莓在到达市场之前已经损坏。",
                [],
                ["supply-chain"],
            ),
            (
                "四、面临的困境",
                "dilemma",
                "专业人才严重短缺，六县合计只有四十七名持证制冷技工，设备出了故障往往要等外地师傅，停机损失难以估量。",
                ["cause"],
                ["talent-education"],
            ),
            (
                "五、对策建议",
                "recommendation",
                "应当统一冷链温度标准，由省市场监管局牵头修订三部门文件，建立全程温度记录制度，并推动与邻省互认。",
                [],
                ["standards"],
            ),
            (
                "五、对策建议",
                "recommendation",
                "建议调整补贴办法，把一次性建设补助改为按实际周转量发放的运营奖补，鼓励企业与合作社共建共用冷库。",
                [],
                ["governance", "collaboration"],
            ),
        ],
    ),
    "zh-seed-01": _document(
        "zh-seed-01",
        "zh",
        [
            (
                "一、引言",
                "background",
                "种业被称为农业的芯片，所谓商业化育种，是指企业按照市场需要组织品种选育、试验和推广的全过程，这一概念最早见于上世纪末的文献。",
                [],
                [],
            ),
            (
                "二、调查发现",
                "foundation",
                "我省已建成国家级种质资源库两座，保存材料八万余份，杂交水稻制种面积位居全国前列，高校与企业先后组建了五个联合育种中心。",
                [],
                ["research", "collaboration"],
            ),
            (
                "二、调查发现",
                "cause",
                "育种周期长而回报慢，企业创新投入长期偏低，其原因在于品种权保护不力，仿冒种子几个月就能上市，先行者的收益因此被摊薄。",
                [],
                ["firm-innovation"],
            ),
            (
                "二、调查发现",
                "cause",
                "科研评价以论文为主，导致育种家更愿意留在实验室，成果转化由谁负责、收益怎样分配缺少规定，从而造成研究与生产两张皮。",
                ["dilemma"],
                ["research", "governance"],
            ),
            (
                "二、调查发现",
                "dilemma",
                "高端蔬菜种子大量依赖进口，进口价格三年上涨了六成，一旦供应中断，设施农业将面临无种可用的风险，农户损失巨大。",
                [],
                ["supply-chain", "technology-import"],
            ),
            (
                "二、调查发现",
                "dilemma",
                "基层农技人才流失严重，全省乡镇种子员平均年龄已经超过五十一岁，新品种试验难以开展，推广滞后的问题十分突出。",
                [],
                ["talent-education"],
            ),
            (
                "三、讨论",
                "recommendation",
                "必须加大品种权保护力度，建立分子指纹数据库，对仿冒行为实行惩罚性赔偿，让企业创新得到应有的回报。",
                [],
                ["firm-innovation", "governance"],
            ),
            (
                "三、讨论",
                "recommendation",
                "支持高校改革科研评价，将品种推广面积纳入职称评审，鼓励育种家带着成果到企业兼职，培育一批懂技术的经营人才。",
                [],
                ["research", "talent-education"],
            ),
        ],
    ),
    "en-tidal-01": _document(
        "en-tidal-01",
        "en",
        [
            (
                "1. Introduction",
                "background",
                "Tidal energy refers to electricity taken from the rise and fall of the sea. This report reviews twelve projects on the western coast and was commissioned by the regional assembly in 2023.",
                [],
                [],
            ),
            (
                "2. What is in place",
                "foundation",
                "The region has already installed nine turbines, and its test basin is among the best in Europe. Two universities and a shipyard have trained more than three hundred engineers since 2018.",
                [],
                ["talent-education", "collaboration"],
            ),
            (
                "3. Causes",
                "cause",
                "Projects stall because every licence is decided by four agencies in turn, which means that a developer waits six years on average before a single cable is laid.",
                ["dilemma"],
                ["governance"],
            ),
            (
                "3. Causes",
                "cause",
                "Costs stay high due to the lack of common standards for connectors. As a result each yard designs its own parts, and no supplier reaches the volume that would lower the price.",
                [],
                ["standards", "supply-chain"],
            ),
            (
                "4. Challenges",
                "dilemma",
                "The shortage of installation vessels is a serious problem. Only one ship on the coast can lift a turbine, delays of eight months are common, and insurers have raised their premiums.",
                [],
                ["supply-chain"],
            ),
            (
                "4. Challenges",
                "dilemma",
                "Skilled divers and electricians are leaving for the oil sector, and the training colleges cannot fill their places. Without them the existing turbines will not be maintained.",
                ["cause"],
                ["talent-education"],
            ),
            (
                "5. Recommendations",
                "recommendation",
                "The government should appoint a single licensing body and set a limit of eighteen months for its decisions.",
                [],
                ["governance"],
            ),
            (
                "5. Recommendations",
                "recommendation",
                "We recommend that the assembly adopt one connector standard by 2027 and fund a shared vessel, so that small developers need not wait for the only ship.",
                [],
                ["standards", "supply-chain"],
            ),
        ],
    ),
    "en-repair-01": _document(
        "en-repair-01",
        "en",
        [
            (
                "1. Introduction",
                "background",
                "The right to repair is defined here as access to parts, manuals and software for those who own a machine. This study is based on interviews with ninety farmers in three counties.",
                [],
                [],
            ),
            (
                "2. Findings",
                "foundation",
                "Several manufacturers have published their manuals, and the county workshops have successfully repaired four thousand machines. The new research centre has achieved strong results with printed parts.",
                [],
                ["research", "firm-innovation"],
            ),
            (
                "2. Findings",
                "cause",
                "Independent workshops fail because diagnostic software is locked, and this is caused by licences that let a maker refuse access without giving reasons.",
                [],
                ["standards", "market"],
            ),
            (
                "2. Findings",
                "cause",
                "Makers earn more from service than from sales, which explains why they resist disclosure; the incentive stems from a market in which three firms sell nine machines of ten.",
                ["dilemma"],
                ["market"],
            ),
            (
                "2. Findings",
                "dilemma",
                "Farmers suffer long delays at harvest. A combine that stands still for a week costs its owner nine thousand pounds, and this risk falls hardest on the smallest farms.",
                [],
                ["market"],
            ),
            (
                "2. Findings",
                "dilemma",
                "Spare parts from abroad are scarce, and when a port closes the workshops have no supply at all. Such gaps threaten the safety of the whole food chain.",
                [],
                ["supply-chain"],
            ),
            (
                "3. Discussion",
                "recommendation",
                "Parliament should require makers to offer diagnostic software on fair terms, and the ministry must publish a standard for the interface.",
                [],
                ["standards", "governance"],
            ),
            (
                "3. Discussion",
                "recommendation",
                "Establish a fund for county workshops, support training in electronics, and encourage colleges to work with farmers on printed parts.",
                [],
                ["talent-education", "collaboration"],
            ),
        ],
    ),
}
"""Document id → corpus lines. Every role is in every document, so that each of four folds sees all of them; the
headings of two documents tell the roles, those of the other two don't."""


def write_corpus(
    folder: Path, documents: Mapping[str, Sequence[Line]] | None = None, taxonomy: str = "default"
) -> Path:
    """A corpus folder with a file a document; the four documents above when none are given."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = f'name = "{folder.name}"\nlanguages = ["zh", "en"]\nlicence = "CC0"\ntaxonomy = "{taxonomy}"\n'
    (folder / "corpus.toml").write_text(settings, encoding="utf-8")
    for doc, lines in (CORPUS if documents is None else documents).items():
        write_lines(folder / f"{doc}.jsonl", lines)
    return folder


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    """A JSONL file with these objects."""
    path.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), encoding="utf-8", newline="\n")
    return path


# ---------------------------------------------------------------- values

TAXONOMY = """
name = "stances"
title = {zh = "立场", en = "Stances"}

[[facet]]
id = "stance"
exclusive = true
title = {zh = "立场", en = "Stance"}

[[facet.label]]
id = "for"
name = {zh = "赞成", en = "For"}
definition = {zh = "赞成一项措施。", en = "Is for a measure."}
terms = {zh = ["赞成", "支持"], en = ["in favour"]}
headings = {zh = ["赞成意见"], en = ["views in favour"]}

[[facet.label]]
id = "against"
name = {zh = "反对", en = "Against"}
definition = {zh = "反对一项措施。", en = "Is against a measure."}
terms = {zh = ["反对", "质疑"], en = ["opposed"]}
headings = {zh = ["反对意见"], en = ["views against"]}
"""
"""A taxonomy of a user's own: one facet that the default one doesn't have."""


def passage(text: str, n: int = 1, *, doc: str = "d", language: Language = "zh", **more: Any) -> Passage:
    """A passage of document `d`, in Chinese unless told."""
    return Passage(doc, n, text, language, **more)


def tagged(text: str, role: str = "", *themes: str, n: int = 1, score: float = 0.9, **more: Any) -> Tagged:
    """A passage with a role and themes as a model would give them."""
    tags = [Tag("role", role, score, "test")] if role else []
    tags += [Tag("theme", theme, score, "test") for theme in themes]
    return Tagged(passage(text, n, **more), tuple(tags))


def example(line: Mapping[str, Any], n: int) -> Example:
    """A corpus line as the example it stands for; `n` is its place in its document."""
    tags = [Tag("role", label, 1.0, "gold") for label in (line["role"], *line["also"])]
    tags += [Tag("theme", label, 1.0, "gold") for label in line["themes"]]
    own = Passage(line["doc"], n, line["text"], line["language"], tuple(line["section"]))
    return Example(line["id"], Tagged(own, tuple(tags)))


def document(*blocks: tuple[Kind, str] | tuple[Kind, str, int]) -> Document:
    """The document `d` of (kind, text) or (kind, text, level)."""
    return Document("d", "d.md", tuple(Block(b[0], b[1], b[2] if len(b) > 2 else None) for b in blocks))


# ---------------------------------------------------------------- documents as text

NOTICE_ZH = """# 关于改善县域冷链物流的报告

## 一、工作基础

全县已建成产地冷库七十二座，冷藏班车覆盖全部乡镇，果蔬损耗率比2020年下降了五个百分点，为进一步改善奠定了良好基础。

## 二、存在的困境

一是冷库闲置问题突出，建成之后由谁运营没有约定，旺季之外大半空着，农户依然用不上。二是专业人才短缺，全县持证制冷技工只有九名，设备故障往往要等外地师傅前来处置，停机损失很大。

## 三、对策建议

第一，统一冷链温度标准。市场监管局应当会同交通局修订现有文件，建立全程温度记录制度，并推动与邻县互认。

第二，调整补贴办法。建议把一次性建设补助改为按周转量发放的奖补，鼓励企业与合作社共建共用。
"""

REPORT_EN = """# Keeping the ferries running

## 1. Background

Coastal ferries are defined in this report as scheduled services of less than forty miles. The committee visited six harbours in the spring of 2024.

## 2. Challenges

The shortage of certified engineers is a serious problem. Two routes were closed for eleven weeks last winter because nobody could repair the engines.

Spare parts are scarce, and delays of five months are common. Islanders cannot reach the hospital when the only ship stands still.

## 3. Recommendations

The ministry should publish a common standard for engines and parts, so that any yard on the coast can repair any ship.

We recommend that the council fund a training college, and that the operators share their workshops.
"""


# ---------------------------------------------------------------- PDF files

PAGE = (499.0, 709.0)
"""Width and height in points: B5."""

MARGIN = 50.0
GUTTER = 24.0

Piece = tuple[str, str]
"""How a paragraph is set, and its text: title, author, h1, h2, p."""

_SIZES = {"title": 18.0, "author": 11.0, "h1": 14.0, "h2": 12.0, "p": 10.5, "note": 8.0, "head": 9.0}


def write_pdf(
    path: Path,
    pieces: Sequence[Piece],
    *,
    columns: int = 2,
    head: str = "",
    note: tuple[str, str] | None = None,
    password: str = "",
) -> Path:
    """A PDF of these paragraphs, set in as many columns and pages as they need.

    `head` runs above every page, a number below each; `note` is a footnote (mark, text) at the
    foot of the first column. Titles and authors go over the whole width of the first page.
    """
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    lock = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(str(path), pagesize=PAGE, encrypt=lock, invariant=1)
    width = (PAGE[0] - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    page, column = 1, 0

    def font(kind: str, text: str) -> str:
        if any(ord(c) > 0x2E7F for c in text):
            return "STSong-Light"
        return "Helvetica-Bold" if kind in ("title", "h1", "h2") else "Helvetica"

    def furniture() -> None:
        if head:
            canvas.setFont("STSong-Light", _SIZES["head"])
            canvas.drawString(MARGIN, PAGE[1] - 40, head)
        canvas.setFont("Helvetica", _SIZES["head"])
        canvas.drawCentredString(PAGE[0] / 2, 30, str(page))

    def foot() -> float:
        return 130.0 if note and page == 1 and column == 0 else 70.0

    def footnote() -> None:
        if note is None:
            return
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, 112, MARGIN + 80, 112)
        canvas.setFont("STSong-Light", _SIZES["note"])
        y = 100.0
        for line in wrap(f"{note[0]} {note[1]}", "STSong-Light", _SIZES["note"], width):
            canvas.drawString(MARGIN, y, line)
            y -= 10

    furniture()
    footnote()
    top = y = PAGE[1] - 75
    for kind, text in pieces:
        size, face = _SIZES[kind], font(kind, text)
        wide = kind in ("title", "author")
        lead = 1.6 * size
        if kind in ("h1", "h2"):
            y -= 0.8 * size
        indent = "　　" if kind == "p" and face == "STSong-Light" else ""
        for line in wrap(indent + text, face, size, PAGE[0] - 2 * MARGIN if wide else width):
            if y - lead < foot():
                column += 1
                if column == columns:
                    canvas.showPage()
                    page, column, top = page + 1, 0, PAGE[1] - 75
                    furniture()
                y = top
            y -= lead
            canvas.setFont(face, size)
            if wide:
                canvas.drawCentredString(PAGE[0] / 2, y, line)
            else:
                canvas.drawString(MARGIN + column * (width + GUTTER), y, line)
        if kind in ("h1", "h2") or (kind == "p" and face != "STSong-Light"):
            y -= 0.6 * size
        if wide:
            y -= size
            top = y
    canvas.save()
    return path


def wrap(text: str, face: str, size: float, width: float) -> list[str]:
    """The lines of a paragraph no wider than `width` points: Chinese breaks anywhere but before a comma or stop."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    units = text.split(" ") if face.startswith("Helvetica") else list(text)
    glue = " " if face.startswith("Helvetica") else ""
    lines = [""]
    for unit in units:
        longer = f"{lines[-1]}{glue}{unit}" if lines[-1] else unit
        if stringWidth(longer, face, size) <= width or unit in "，。；：、）！？”":
            lines[-1] = longer
        else:
            lines.append(unit)
    return lines


PAPER_ZH: Sequence[Piece] = (
    ("title", "县域冷链物流的困境与出路"),
    ("author", "林晓舟　沈青禾"),
    ("h1", "一、引言"),
    (
        "p",
        "冷链物流是指生鲜食品从产地到餐桌始终处于规定温度的运输与储存方式。本文以南湖流域六个县的调查为依据，讨论县域冷链建设的得失，并提出可以操作的办法。"
        "调查于2024年春季进行，走访了四十二个乡镇、一百一十七家合作社和三十六家运输企业，取得了比较完整的第一手材料。",
    ),
    (
        "p",
        "已有的研究多从城市配送入手，认为缺车缺库是主要矛盾。县域的情形并不相同：车和库都在增加，损耗却没有同步减少。"
        "因此本文关心的不是设施有多少，而是设施由谁使用、按什么规则使用，以及规则为什么难以执行。",
    ),
    ("h1", "二、现有基础"),
    (
        "p",
        "近五年来，六县累计建成产地冷库四百二十座，库容增长一倍，三家龙头企业率先开通了直达省城的冷藏班车。"
        "南湖大学与两家制冷设备厂组建了联合实验室，研制的移动预冷车已在山区试用三个采收季，预冷时间由六小时缩短到不足两小时。",
    ),
    (
        "p",
        "合作社的组织程度也明显提高。六县登记在册的果蔬合作社有五百余家，其中八十四家加入了县级联合社，统一采购包装，统一对接市场。"
        "联合社的账目每季度张榜公布，社员可以随时查问，这为共同经营冷库准备了必要的信任。",
    ),
    ("h1", "三、困境的成因"),
    ("h2", "（一）投资与使用脱节"),
    (
        "p",
        "冷库之所以闲置，根源在于投资与使用脱节。补贴按库容一次发放，建成之后由谁运营、电费由谁承担没有约定，导致旺季之外大半空着。"
        "部分乡镇为了完成任务，把冷库建在远离产地的公路旁边，农户往返一趟要花两个小时，运费比贮藏费还高，自然不愿意使用。"
        "更为麻烦的是，冷库产权登记在村集体名下，合作社租用要经过三级审批，等批文下来，枇杷和杨梅的采收季节早已过去。",
    ),
    ("h2", "（二）标准互不一致"),
    (
        "p",
        "温度标准由农业、交通、市场监管三个部门分别制定，数值互不一致，因而企业只能就低执行，全程控温无从谈起。"
        "同一车草莓在装车时按四度验收，到了高速公路服务区按八度抽检，进入批发市场又按十度登记，责任在谁永远说不清楚。"
        "运输企业因此宁可多买保险，也不愿意加装温度记录仪，保险公司则以缺少记录为由提高费率，形成了谁也走不出来的循环。",
    ),
    ("h2", "（三）技工培养中断"),
    (
        "p",
        "制冷技工的培养在十年前就已经中断。县职业学校因为招生困难停办了制冷专业，老师改教汽车维修，实训设备堆放在仓库里。"
        "与此同时，冷库数量却翻了一番，技工的工资反而低于城里的空调安装工，年轻人学成之后大多去了省城，留下来的越来越少。"
        "设备厂家虽然承诺上门服务，但在采收高峰往往要等上三四天，等到师傅赶来，库里的货已经坏了大半，赔偿又要另外打官司。",
    ),
    (
        "p",
        "以上三个方面互相牵连。没有统一的标准，运营者算不清成本；没有明确的运营者，就没有人愿意出钱培养技工；没有技工，再好的设备也只能闲置。"
        "由此可见，县域冷链的困境并不是钱投得不够，而是钱投下去之后缺少让它运转起来的规则和人。",
    ),
    ("h1", "四、对策建议"),
    (
        "p",
        "应当统一冷链温度标准，由省市场监管局牵头修订三部门文件，建立全程温度记录制度，并推动与邻省互认。"
        "标准不宜过细，先从草莓、枇杷、活鱼三类损耗最大的品种做起，两年之后再根据记录的数据逐步扩大到其他品种。",
    ),
    (
        "p",
        "建议调整补贴办法，把一次性建设补助改为按实际周转量发放的运营奖补，鼓励企业与合作社共建共用冷库。"
        "县财政可以拿出原有补助的三成设立周转基金，由合作社联合社管理，每年向社会公开账目，接受审计部门监督。",
    ),
    (
        "p",
        "还要重视制冷技工的培养。六个县合计只有四十七名持证技工，平均每人照看九座冷库，设备一旦停机就要等外地师傅。"
        "职业学校应恢复制冷专业，实行校企联合培养，毕业生在县内工作满三年的，由县里退还学费，并优先评聘职称。",
    ),
)
"""A paper of two pages and more in two columns."""

NOTE_ZH = ("①", "本文系南湖大学县域物流课题的阶段性成果，数据截至二〇二四年六月。")

PAPER_EN: Sequence[Piece] = (
    ("title", "Keeping the Ferries Running"),
    ("h1", "1. Introduction"),
    (
        "p",
        "Coastal ferries are defined in this report as scheduled services of less than forty miles. The committee visited "
        "six harbours in the spring of 2024 and heard from the masters of eleven ships, from islanders and from the yards.",
    ),
    ("h1", "2. Challenges"),
    (
        "p",
        "The shortage of certified engineers is a serious problem. Two routes were closed for eleven weeks last winter "
        "because nobody could repair the engines, and the islanders had to fly in their medicine at their own cost.",
    ),
    (
        "p",
        "Spare parts are scarce, and delays of five months are common. Each yard designs its own fittings, and no supplier "
        "reaches the volume that would bring down the price of the most ordinary valve.",
    ),
    ("h1", "3. Recommendations"),
    (
        "p",
        "The ministry should publish a common standard for engines and parts, so that any yard on the coast can repair "
        "any ship, and it should do so before the licences are renewed in 2027.",
    ),
)
"""A page in one column."""


def write_scan(path: Path) -> Path:
    """A PDF whose only page is a picture: what a scanner leaves without recognition."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=PAGE, invariant=1)
    canvas.drawImage(ImageReader(Image.new("RGB", (120, 170), (235, 230, 210))), 20, 20, PAGE[0] - 40, PAGE[1] - 40)
    canvas.save()
    return path


def write_joined(path: Path, *parts: Path) -> Path:
    """A PDF with the pages of these files, one after the other."""
    import pypdfium2

    joined = pypdfium2.PdfDocument.new()
    for part in parts:
        source = pypdfium2.PdfDocument(part)
        joined.import_pages(source)
        source.close()
    joined.save(path)
    joined.close()
    return path


def scan_of(path: Path, source: Path, *, turned: int = 0, skew: float = 0.0) -> Path:
    """A PDF with the pages of another as pictures of 200 dpi, each laid on the scanner turned or a little askew."""
    import pypdfium2
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    pages = pypdfium2.PdfDocument(source)
    canvas = Canvas(str(path), invariant=1)
    for page in pages:
        picture = page.render(scale=200 / 72, grayscale=True).to_pil()
        picture = picture.rotate(skew, fillcolor=255, resample=2).rotate(turned, expand=True)
        width, height = (side * 72 / 200 for side in picture.size)
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(picture), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    pages.close()
    return path


def write_tagged(path: Path, paragraphs: Sequence[tuple[str, Sequence[str]]]) -> Path:
    """A page of English lines in one style, tagged: each paragraph's element (P, H1, H2 …) and its lines."""
    content, elements, y = [], [], 760
    for n, (_, lines) in enumerate(paragraphs):
        for line in lines:
            shown = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            content.append(f"/Span <</MCID {n}>> BDC BT /F1 10 Tf 60 {y} Td ({shown}) Tj ET EMC")
            y -= 13
        y -= 7
    first = 7
    for n, (tag, _) in enumerate(paragraphs):
        elements.append(f"<</Type/StructElem/S/{tag}/P 6 0 R/Pg 3 0 R/K {n}>>")
    kids = " ".join(f"{first + n} 0 R" for n in range(len(elements)))
    stream = "\n".join(content)
    objects = [
        "<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/StructParents 0>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        f"<</Type/StructTreeRoot/K[{kids}]/ParentTree<</Nums[0 [{kids}]]>>>>",
        *elements,
    ]
    out, offsets = b"%PDF-1.7\n", []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{n} 0 obj{body}endobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF".encode()
    path.write_bytes(out)
    return path


def write_placed(
    path: Path,
    pages: Sequence[Sequence[tuple[float, float, str, str, float]]],
    *,
    bookmarks: Sequence[tuple[str, int, int]] = (),
    boxes: Mapping[int, Sequence[tuple[float, float, float, float]]] = {},
) -> Path:
    """A PDF of lines set where the test wants them: x, y from the top, text, font, size.

    `bookmarks` are titles with level (from 1) and page (from 1); `boxes` are stroked rectangles by page, in x0, top,
    x1, bottom.
    """
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=PAGE, invariant=1)
    for n, lines in enumerate(pages, 1):
        for x, y, text, face, size in lines:
            canvas.setFont(face, size)
            canvas.drawString(x, PAGE[1] - y, text)
        for x0, top, x1, bottom in boxes.get(n, ()):
            canvas.rect(x0, PAGE[1] - bottom, x1 - x0, bottom - top, stroke=1, fill=0)
        for i, (title, level, page) in enumerate(bookmarks):
            if page == n:
                canvas.bookmarkPage(f"b{i}")
                canvas.addOutlineEntry(title, f"b{i}", level - 1)
        canvas.showPage()
    canvas.save()
    return path


def prose_lines(
    text: str, x: float, y: float, *, width: float = 470.0, size: float = 10.0
) -> list[tuple[float, float, str, str, float]]:
    """The lines of an English paragraph for `write_placed`, 13 points apart."""
    return [(x, y + 13 * i, line, "Helvetica", size) for i, line in enumerate(wrap(text, "Helvetica", size, width))]
