"""The people of the sample site: a small organisation, and as many candidates as are asked for."""

from typing import Final, NamedTuple

from exam_engine.core.records import Role

PASSWORD: Final = "certify-2026"  # noqa: S105  told to everybody who starts the sample site
"""The one password of everybody on the sample site, which only listens on this machine."""


class Member(NamedTuple):
    """One member of staff."""

    login: str
    names: dict[str, str]
    roles: list[Role]


STAFF: Final = (
    Member("adeyemi", {"zh-CN": "米拉·阿德耶米", "en": "Mira Adeyemi"}, [Role.AUTHOR]),
    Member("park", {"zh-CN": "朴智勋", "en": "Park Ji-hoon"}, [Role.REVIEWER]),
    Member("chen", {"zh-CN": "陈薇", "en": "Chen Wei"}, [Role.OFFICER]),
    Member("silva", {"zh-CN": "若昂·席尔瓦", "en": "João Silva"}, [Role.OFFICER]),
    Member("novak", {"zh-CN": "汉娜·诺瓦克", "en": "Hana Novak"}, [Role.MARKER]),
    Member("liu", {"zh-CN": "刘思远", "en": "Liu Siyuan"}, [Role.MARKER]),
    Member("okafor", {"zh-CN": "奇迪·奥卡福", "en": "Chidi Okafor"}, [Role.SENIOR_MARKER]),
    Member("shen", {"zh-CN": "沈兰", "en": "Shen Lan"}, [Role.INVIGILATOR]),
    Member("zhou", {"zh-CN": "周建平", "en": "Zhou Jianping"}, [Role.TRAINER]),
    Member("admin", {"zh-CN": "系统管理员", "en": "Administrator"}, [Role.ADMINISTRATOR]),
)

FAMILIES: Final = (
    ("林", "Lin"),
    ("王", "Wang"),
    ("李", "Li"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("陈", "Chen"),
    ("杨", "Yang"),
    ("赵", "Zhao"),
    ("黄", "Huang"),
    ("周", "Zhou"),
    ("吴", "Wu"),
    ("徐", "Xu"),
    ("孙", "Sun"),
    ("马", "Ma"),
    ("朱", "Zhu"),
    ("胡", "Hu"),
    ("郭", "Guo"),
)
GIVEN: Final = (
    ("悦", "Yue"),
    ("建国", "Jianguo"),
    ("思敏", "Simin"),
    ("伟", "Wei"),
    ("洋", "Yang"),
    ("晓东", "Xiaodong"),
    ("帆", "Fan"),
    ("敏", "Min"),
    ("志强", "Zhiqiang"),
    ("静", "Jing"),
    ("磊", "Lei"),
    ("丽", "Li"),
    ("浩", "Hao"),
    ("晨", "Chen"),
    ("琪", "Qi"),
    ("雪", "Xue"),
    ("强", "Qiang"),
    ("爽", "Shuang"),
    ("宇", "Yu"),
)


def candidate_names(number: int) -> dict[str, str]:
    """Names of the `number`th candidate, counted from 0; 17 × 19 pairs before one comes again."""
    family, given = FAMILIES[number % len(FAMILIES)], GIVEN[number % len(GIVEN)]
    return {"zh-CN": family[0] + given[0], "en": f"{family[1]} {given[1]}"}


def candidate_number(number: int) -> str:
    """What papers and centres call the `number`th candidate."""
    return f"C-2026-{number + 417:04d}"
