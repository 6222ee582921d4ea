"""Personal data as lists and logs may show it."""


def masked_name(name: str) -> str:
    """Show the family name only: 王小明 → 王**."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def masked_phone(phone: str) -> str:
    """Show the first three and last four digits: 10012345678 → 100****5678."""
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:] if len(phone) > 7 else "*" * len(phone)


def masked_id_no(id_no: str) -> str:
    """Show the first three and last four characters: 990000…1234 → 990***********1234."""
    return id_no[:3] + "*" * (len(id_no) - 7) + id_no[-4:] if len(id_no) > 7 else "*" * len(id_no)
