"""256-entry colour tables: which colour each of the 256 codes of a toned map is drawn in.

A sequential table grows lighter from code 0 to 255; a diverging one is lightest in the middle, where 0
lies in a symmetric tone, and takes one hue for negative and another for positive values. The entries are
those matplotlib draws with (``cmap(codes, bytes=True)``: each float times 255, the fraction dropped).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean


@dataclass(frozen=True)
class Colormap:
    """A named table, with where it comes from.

    >>> COLORMAPS["viridis"].palette[:3].hex()
    '440154'
    """

    name: str
    kind: Literal["sequential", "diverging", "gray"]
    source: str
    licence: str
    hex: str = field(repr=False)  # 256 times rrggbb; white space does not count

    @property
    def palette(self) -> bytes:
        """The table as 768 bytes, red, green and blue of each code in turn, as a PNG's palette wants them."""
        return bytes.fromhex(self.hex)


def choose(name: str, *, symmetric: bool) -> Colormap:
    """Look up a colormap; ``auto`` is vik where 0 lies in the middle of the tone, and viridis otherwise.

    >>> choose("auto", symmetric=True).name, choose("auto", symmetric=False).name
    ('vik', 'viridis')

    Parameters
    ----------
    name
        One of `NAMES`.
    symmetric
        Whether the tone is symmetric about 0. Only ``auto`` asks.

    Raises
    ------
    UsageError
        For a name that is none of them.
    """
    if name == "auto":
        name = "vik" if symmetric else "viridis"
    if name not in COLORMAPS:
        raise UsageError(f"no colormap named {name!r}; {did_you_mean(name, NAMES)}")
    return COLORMAPS[name]


_BIDS = "Stéfan van der Walt & Nathaniel Smith, 2015, https://bids.github.io/colormap"

_GRAY = Colormap(
    name="gray",
    kind="gray",
    source="each code is its own brightness",
    licence="none needed",
    hex="".join(f"{code:02x}" * 3 for code in range(256)),
)

_VIRIDIS = Colormap(
    name="viridis",
    kind="sequential",
    source=f"{_BIDS}, with Eric Firing",
    licence="CC0-1.0",
    hex="""
44015444025544035745055845065a45085b46095c460b5e460c5f460e61470f6247116347126547146647156747166947186a48196b
481a6c481c6e481d6f481e70482071482172482273482374472575472676472777472878472a79472b7a472c7b462d7c462f7c46307d
46317e45327f45347f453580453681443781443982433a83433b83433c84423d84423e854240854141864142864043874044873f4587
3f47883e48883e49893d4a893d4b893d4c893c4d8a3c4e8a3b508a3b518a3a528b3a538b39548b39558b38568b38578c37588c37598c
365a8c365b8c355c8c355d8c345e8d345f8d33608d33618d32628d32638d31648d31658d31668d30678d30688d2f698d2f6a8d2e6b8e
2e6c8e2e6d8e2d6e8e2d6f8e2c708e2c718e2c728e2b738e2b748e2a758e2a768e2a778e29788e29798e287a8e287a8e287b8e277c8e
277d8e277e8e267f8e26808e26818e25828e25838d24848d24858d24868d23878d23888d23898d22898d228a8d228b8d218c8d218d8c
218e8c208f8c20908c20918c1f928c1f938b1f948b1f958b1f968b1e978a1e988a1e998a1e998a1e9a891e9b891e9c891e9d881e9e88
1e9f881ea0871fa1871fa2861fa38620a48520a58521a68521a78422a78423a88323a98224aa8225ab8126ac8127ad8028ae7f29af7f
2ab07e2bb17d2cb17d2eb27c2fb37b30b47a32b57a33b67935b77836b87738b97639b9763bba753dbb743ebc7340bd7242be7144be70
45bf6f47c06e49c16d4bc26c4dc26b4fc36951c46853c56755c66657c66559c7645bc8625ec96160c96062ca5f64cb5d67cc5c69cc5b
6bcd596dce5870ce5672cf5574d05477d05279d1517cd24f7ed24e81d34c83d34b86d44988d5478bd5468dd64490d64392d74195d73f
97d83e9ad83c9dd93a9fd938a2da37a5da35a7db33aadb32addc30afdc2eb2dd2cb5dd2bb7dd29bade27bdde26bfdf24c2df22c5df21
c7e01fcae01ecde01dcfe11cd2e11bd4e11ad7e219dae218dce218dfe318e1e318e4e318e7e419e9e419ece41aeee51bf1e51cf3e51e
f6e61ff8e621fae622fde724
""",
)

_MAGMA = Colormap(
    name="magma",
    kind="sequential",
    source=_BIDS,
    licence="CC0-1.0",
    hex="""
00000300000400000601000701010901010b02020d02020f03031104031304041505041706051907051b08061d09071f0a07220b0824
0c09260d0a280e0a2a0f0b2c100c2f110c31120d33140d35150e38160e3a170f3c180f3f1a10411b10441c10461e10491f114b20114d
2211502311522511552611572811592a115c2b115e2d10602f1062301065321067341068350f6a370f6c390f6e3b0f6f3c0f713e0f72
400f73420f74430f75450f76470f774810784a10794b10794d117a4f117b50127b52127c53137c55137d57147d58157e5a157e5b167e
5d177e5e177f60187f61187f63197f651a80661a80681b80691c806b1c806c1d806e1e816f1e81711f81731f81742081762181772181
7922817a22817c23817e24817f24818125818225818426818526818727818928818a28818c29808d29808f2a80912a80922b80942b80
952c80972c7f992d7f9a2d7f9c2e7f9e2e7e9f2f7ea12f7ea3307ea4307da6317da7317da9327cab337cac337bae347bb0347bb1357a
b3357ab53679b63679b83778b93778bb3877bd3977be3976c03a75c23a75c33b74c53c74c63c73c83d72ca3e72cb3e71cd3f70ce4070
d0416fd1426ed3426dd4436dd6446cd7456bd9466ada4769dc4869dd4968de4a67e04b66e14c66e24d65e44e64e55063e65162e75262
e85461ea5560eb5660ec585fed595fee5b5eee5d5def5e5df0605df1615cf2635cf3655cf3675bf4685bf56a5bf56c5bf66e5bf6705b
f7715bf7735cf8755cf8775cf9795cf97b5df97d5dfa7f5efa805efa825ffb8460fb8660fb8861fb8a62fc8c63fc8e63fc9064fc9265
fc9366fd9567fd9768fd9969fd9b6afd9d6bfd9f6cfda16efda26ffda470fea671fea873feaa74feac75feae76feaf78feb179feb37b
feb57cfeb77dfeb97ffebb80febc82febe83fec085fec286fec488fec689fec78bfec98dfecb8efdcd90fdcf92fdd193fdd295fdd497
fdd698fdd89afdda9cfddc9dfddd9ffddfa1fde1a3fce3a5fce5a6fce6a8fce8aafceaacfcecaefceeb0fcf0b1fcf1b3fcf3b5fcf5b7
fbf7b9fbf9bbfbfabdfbfcbf
""",
)

_INFERNO = Colormap(
    name="inferno",
    kind="sequential",
    source=_BIDS,
    licence="CC0-1.0",
    hex="""
00000300000400000601000701010901010b02010e02021003021204031404031605041806041b07051d08061f0906210a07230b0726
0d08280e082a0f092d10092f120a32130a34140b36160b39170b3b190b3e1a0b401c0c431d0c451f0c47200c4a220b4c240b4e260b50
270b52290b542b0a562d0a582e0a5a300a5c32095d34095f3509603709613909623b09643c09653e0966400966410967430a68450a69
460a69480b6a4a0b6a4b0c6b4d0c6b4f0d6c500d6c520e6c530e6d550f6d570f6d58106d5a116d5b116e5d126e5f126e60136e62146e
63146e65156e66156e68166e6a176e6b176e6d186e6e186e70196e72196d731a6d751b6d761b6d781c6d7a1c6d7b1d6c7d1d6c7e1e6c
801f6b811f6b83206b85206a86216a88216a8922698b22698d23698e24689024689125679325679526669626669827659928649b2864
9c29639e2963a02a62a12b61a32b61a42c60a62c5fa72d5fa92e5eab2e5dac2f5cae305baf315bb1315ab23259b43358b53357b73456
b83556ba3655bb3754bd3753be3852bf3951c13a50c23b4fc43c4ec53d4dc73e4cc83e4bc93f4acb4049cc4148cd4247cf4446d04544
d14643d24742d44841d54940d64a3fd74b3ed94d3dda4e3bdb4f3adc5039dd5238de5337df5436e05634e25733e35832e45a31e55b30
e65c2ee65e2de75f2ce8612be9622aea6428eb6527ec6726ed6825ed6a23ee6c22ef6d21f06f1ff0701ef1721df2741cf2751af37719
f37918f47a16f57c15f57e14f68012f68111f78310f7850ef8870df8880cf88a0bf98c09f98e08f99008fa9107fa9306fa9506fa9706
fb9906fb9b06fb9d06fb9e07fba007fba208fba40afba60bfba80dfbaa0efbac10fbae12fbb014fbb116fbb318fbb51afbb71cfbb91e
fabb21fabd23fabf25fac128f9c32af9c52cf9c72ff8c931f8cb34f8cd37f7cf3af7d13cf6d33ff6d542f5d745f5d948f4db4bf4dc4f
f3de52f3e056f3e259f2e45df2e660f1e864f1e968f1eb6cf1ed70f1ee74f1f079f1f27df2f381f2f485f3f689f4f78df5f891f6fa95
f7fb99f9fc9dfafda0fcfea4
""",
)

_CIVIDIS = Colormap(
    name="cividis",
    kind="sequential",
    source="Nuñez, Anderton & Renslow, PLoS ONE 13(7), 2018, doi:10.1371/journal.pone.0199239",
    licence="CC0-1.0",
    hex="""
00224d00234f00235000245200255400265500265700275900285b00285c00295e002a60002a62002b64002c66002c67002d69002e6b
002f6d002f6f0030700030700031700031700432700833700b33700e347011356f14366f16366f18376f1a386f1c386e1d396e1f3a6e
213b6e223b6e243c6e253d6d273d6d283e6d2a3f6d2b3f6d2c406d2e416c2f426c30426c31436c32446c34446c35456c36466c37466c
38476c39486c3a486b3b496b3d4a6b3e4b6b3f4b6b404c6b414d6b424d6b434e6b444f6b454f6b46506b47516b48516b49526b4a536b
4b546c4c546c4d556c4e566c4e566c4f576c50586c51586c52596c535a6c545a6c555b6d565c6d575d6d585d6d595e6d595f6d5a5f6d
5b606e5c616e5d616e5e626e5f636e60646e61646f61656f62666f63666f64676f656870666970676970686a70686b71696b716a6c71
6b6d716c6d726d6e726e6f726e70736f7073707173717273727374737374747475747575757575767676777776787876797877797977
7a7a777b7b777c7b787d7c787e7d787f7d78807e78817f788280788380788481788582788583788683788784788885788986788a8678
8b87788c88788d89788e89788f8a77908b77918c77928c77938d77948e77958f77968f779790769891769992769a93769b93769c9476
9d95759e96759f9675a09775a19874a29974a39a74a49a74a59b73a69c73a79d73a89e73a99e72aa9f72aba072aca171ada271aea271
afa370b0a470b1a570b2a66fb3a66fb4a76fb5a86eb6a96eb7aa6db8ab6db9ab6dbaac6cbbad6cbcae6bbdaf6bbeb06abfb06ac1b169
c2b269c3b368c4b468c5b567c6b567c7b666c8b765c9b865cab964cbba64ccbb63cdbc62cebc62cfbd61d0be60d2bf60d3c05fd4c15e
d5c25ed6c35dd7c35cd8c45bd9c55adac65adbc759dcc858dec957dfca56e0cb55e1cc54e2cc53e3cd52e4ce51e5cf50e6d04fe8d14e
e9d24dead34cebd44becd54aedd648eed747efd846f1d944f2da43f3da42f4db40f5dc3ff6dd3df8de3bf9df3afae038fbe136fde234
fde333fde534fde636fde737
""",
)

# The numbers of vik are under the MIT License:
#
# Copyright (c) 2020 Fabio Crameri
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
# associated documentation files (the "Software"), to deal in the Software without restriction, including
# without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
# copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
# following conditions:
#
# The above copyright notice and this permission notice shall be included in all copies or substantial
# portions of the Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
# LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
# EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
# IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
# THE USE OR OTHER DEALINGS IN THE SOFTWARE.
_VIK = Colormap(
    name="vik",
    kind="diverging",
    source="Fabio Crameri, Scientific colour maps 8.0, 2023, doi:10.5281/zenodo.8035877",
    licence="MIT",
    hex="""
001160001361001562011663011864011a65011b66011d67011e6801206902216a02236b02256c02266d02286e02296f022b70022c71
022e72022f73023174023275023476023577023778023879023a7a023b7b023d7c023f7d02407e02427f024380024581024682034883
034a84034b85034d86044f8704508905528a05548b06558c07578d08598e095a8f0a5c900c5e910d60930f6194116395136596156797
176999196b9a1b6d9b1e6f9d20719e22729f2574a02776a22a78a32d7aa5307ca6327fa73581a93883aa3b85ab3e87ad4189ae448bb0
478db14a8fb24d91b45093b55495b75797b85a99ba5d9bbb609dbc639fbe66a1bf6aa3c06da5c270a8c373aac576acc67aadc77dafc9
80b1ca83b3cb86b5cd89b7ce8db9cf90bbd193bdd296bfd399c1d59dc3d6a0c5d7a3c7d9a6c9daa9cbdbaccddcb0cedeb3d0dfb6d2e0
b9d4e1bcd6e2bfd8e3c2d9e4c6dbe5c9dde6ccdee7cfe0e8d2e1e8d5e2e9d8e3e9dae4e9dde5e9e0e6e8e2e6e8e4e6e7e6e6e6e8e6e5
e9e6e3ebe5e2ece4e0ede3deede2dceee1d9eedfd7eeded5eedcd2eedacfedd9cdedd7caecd5c7ecd3c5ebd1c2eacfbfeacdbde9cbba
e8c9b7e7c7b4e6c5b2e6c3afe5c1ace4bfaae3bda7e2bba4e1b9a2e1b79fe0b59cdfb39adeb197ddaf95dcad92dcab90dba98ddaa88a
d9a688d8a485d8a283d7a080d69e7ed59c7bd49a79d49976d39774d29572d1936fd0916dd08f6acf8e68ce8c65cd8a63cd8861cc865e
cb855cca835aca8157c97f55c87e53c77c50c77a4ec6784cc5774ac47547c47345c37143c27040c16e3ec06c3cc06a3abf6937be6735
bd6533bc6331bb612eba5f2cb95d2ab85b28b75925b65723b45521b3531eb1501cb04e1aae4c18ac4916aa4714a94512a74210a4400e
a23d0ca03b0b9e390a9c36089a3407973207953006932e06912c058f2a058d29058b2705892505872405852205832005811f057f1d05
7d1c057b1b057919057818067616067415067214067012066f11066d0f066b0e06690d06680b07660a076408076307076105075f0407
5e03075c02075a0107590007
""",
)

COLORMAPS: dict[str, Colormap] = {
    colormap.name: colormap for colormap in (_GRAY, _VIRIDIS, _MAGMA, _INFERNO, _CIVIDIS, _VIK)
}

NAMES: tuple[str, ...] = ("auto", *COLORMAPS)  # what may be asked for
