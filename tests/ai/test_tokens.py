"""What is counted is never below what real vocabularies make of it by more than the ledger's margin of a quarter."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

from crm_app.ai.tokens import count_question, count_text
from crm_app.ai.types import Message, ToolCall, ToolSpec

MARGIN = 1.25
TEXTS = {
    "english": "Tom told me that he has been sleeping better since we moved his session to the morning. He still worries about his sister's health, and would like to talk about it next week. ",
    "german": "Die Terminvereinbarung für die nächste Lebensberatungssitzung wurde auf Donnerstagnachmittag verschoben, weil die Straßenbahn überfüllt gewesen wäre. ",
    "french": "Elle m'a dit qu'elle était fatiguée, mais que les exercices de respiration l'aidaient beaucoup à s'endormir après une journée difficile. ",
    "polish": "Powiedziała mi, że jest zmęczona, ale ćwiczenia oddechowe bardzo pomagają jej zasnąć po trudnym dniu. ",
    "czech": "Řekla mi, že je unavená, ale dechová cvičení jí velmi pomáhají usnout po těžkém dni. ",
    "turkish": "Bana yorgun olduğunu ama nefes egzersizlerinin zor bir günün ardından uyumasına çok yardımcı olduğunu söyledi. ",
    "russian": "Она сказала мне, что устала, но дыхательные упражнения очень помогают ей заснуть после трудного дня. ",
    "greek": "Μου είπε ότι είναι κουρασμένη, αλλά οι ασκήσεις αναπνοής τη βοηθούν πολύ να κοιμηθεί μετά από μια δύσκολη μέρα. ",
    "arabic": "قالت لي إنها متعبة، لكن تمارين التنفس تساعدها كثيرا على النوم بعد يوم صعب. ",
    "hebrew": "היא אמרה לי שהיא עייפה, אבל תרגילי הנשימה עוזרים לה מאוד להירדם אחרי יום קשה. ",
    "hindi": "उसने मुझे बताया कि वह थकी हुई है, लेकिन साँस लेने के व्यायाम से उसे कठिन दिन के बाद सोने में बहुत मदद मिलती है। ",
    "tamil": "அவள் சோர்வாக இருப்பதாக என்னிடம் சொன்னாள், ஆனால் மூச்சுப் பயிற்சிகள் அவளுக்கு உதவுகின்றன. ",
    "thai": "เธอบอกฉันว่าเธอเหนื่อย แต่การฝึกหายใจช่วยให้เธอหลับได้ดีขึ้นหลังจากวันที่ยากลำบาก ",
    "japanese": "彼女は疲れていると言っていましたが、呼吸の練習は大変な一日の後に眠るのにとても役立っています。",
    "chinese": "她告诉我她很累，但是呼吸练习对她在艰难的一天之后入睡有很大帮助。",
    "korean": "그녀는 피곤하다고 말했지만, 호흡 운동이 힘든 하루를 보낸 후 잠드는 데 많은 도움이 된다고 했습니다. ",
    "amharic": "ደክሟት እንደሆነ ነገረችኝ ነገር ግን የአተነፋፈስ ልምምዶች በጣም ይረዷታል። ",
    "json": '{"contacts":[{"id":"p1","name":"Alex Moreau","email":"alex.moreau@example.org","last":"2026-10-27T09:30:00Z","tags":["yoga","vip"]},{"phone":"+44 20 7946 0958"}]}',
    "figures": "2026-11-27 09:15 | 1234567.89 | 00:11:22:33:44:55 | +49 30 901820 | 3.14159265358979 ",
    "pictures": "🙏🏽💆‍♀️🌿✨ thanks 🙂👍🏻👨‍👩‍👧 ",
    "table": "| a | b |\n|---|---|\n| **1** | _2_ |\n\n- [x] item\n- [ ] other\n------\n",
    "encoded": "aGVsbG8gd29ybGQgdGhpcyBpcyBhIHRlc3Qgb2YgYmFzZTY0IGRhdGEgdGhhdCBnb2VzIG9u",
    "ids": "01890000-0000-7000-8000-000000000005 6f1c2c1e-9d47-4a53-a5b5-7d0be3b7d3f1 ",
    "shouting": "CALL ME BACK ASAP ABOUT THE APPOINTMENT ON WEDNESDAY AFTERNOON ",
    "invisible": "a\u200b\u200bb\u202ec\ufeff ",
}


@pytest.fixture(scope="module")
def vocabularies() -> dict[str, object]:
    """Two of OpenAI's, and those of two others, as they lie with the library; read without asking anybody."""
    from tiktoken import Encoding
    from tiktoken.load import load_tiktoken_bpe
    from tokenizers import Tokenizer

    place = Path(str(distribution("litellm").locate_file("litellm/litellm_core_utils/tokenizers")))
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    files = {"cl100k": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "o200k": "fb374d419588a4632f3f557e76b4b70aebbca790"}
    read: dict[str, object] = {name: Encoding(name, pat_str=pattern, mergeable_ranks=load_tiktoken_bpe(str(place / file)), special_tokens={}) for name, file in files.items()}
    return read | {name: Tokenizer.from_file(str(place / f"{name}_tokenizer.json")) for name in ("anthropic", "deepseek")}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_never_counted_too_low(vocabularies: dict[str, object], name: str) -> None:
    for text in (TEXTS[name] * 4, TEXTS[name] + TEXTS["english"]):
        counted = count_text(text)
        for vocabulary, reader in vocabularies.items():
            encoded = reader.encode(text)  # type: ignore[attr-defined]
            truth = len(encoded if isinstance(encoded, list) else encoded.ids)
            assert truth <= counted * MARGIN + 8, f"{vocabulary}: {truth} instead of {counted}"


def test_english_is_not_counted_much_too_high(vocabularies: dict[str, object]) -> None:
    text = TEXTS["english"] * 4
    assert count_text(text) <= 1.45 * len(vocabularies["o200k"].encode(text))  # type: ignore[attr-defined]


def test_everything_that_is_sent_is_counted() -> None:
    bare = count_question((Message("user", "Who is Alex?"),))
    called = Message("assistant", "", (ToolCall("call_1", "find_people", '{"name": "Alex Moreau"}'),))
    tool = ToolSpec("find_people", "Find people by name.", {"type": "object", "properties": {"name": {"type": "string"}}})
    assert count_question((Message("user", "Who is Alex?"), called)) > bare + 15 and count_question((Message("user", "Who is Alex?"),), (tool,)) > bare + 30
    assert count_text("") == 0 and count_text("a") == 1 and count_text("\ud800") >= 1


def test_counting_takes_no_time() -> None:
    assert re.fullmatch(r"\d+", str(count_text("a" * 1_000_000))) and count_text(" " * 1_000_000) > 100_000
