"""How a file is refused: in a sentence that says what to do instead."""


class Unfit(Exception):
    """The file cannot come in.

    ``detail`` is the sentence for the person, ``fault`` the same in a few words.
    """

    def __init__(self, detail: str, fault: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fault = fault


def broken() -> Unfit:
    """The bytes are not what they begin like, or break off."""
    return Unfit("这个文件打不开，可能已损坏或没有传完整，请重新保存后再传。", "文件打不开")


def too_complex() -> Unfit:
    """Looking at it took more time or memory than any paper needs."""
    return Unfit(
        "这个文件太复杂，没能完成检查。请打印成 PDF 或拍照后再传。", "文件太复杂，不能检查"
    )
