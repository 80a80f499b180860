import msgspec
import pytest

from evals.metrics.matching import holds, holds_any, normalised, text_without_markers
from tests.evals.answers_by_hand import answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The “Blue Tower” (1931)!", "the blue tower 1931"),
        ("1,234,567.50 marks.", "1234567.50 marks"),
        ("May 3,2024", "may 3 2024"),
        ("6,2 percent", "6 2 percent"),
        ("Up 6.2%.", "up 6.2 %"),
        ("US$5 or €1,000", "us $ 5 or € 1000"),
        ("\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT FOUR}", "24"),
        ("twenty-five o’clock", "twenty five o clock"),
        ("astro\N{SOFT HYPHEN}labe", "astrolabe"),
        ("STRASSE Straße", "strasse strasse"),
        ("٢٤٧ و ١٬٢٣٤٫٥", "247 و 1234.5"),
        ("北京 2024年", "北 京 2024 年"),
        ("", ""),
        (" …!? ", ""),
    ],
)
def test_a_text_is_normalised_to_its_words(text: str, words: str) -> None:
    assert normalised(text) == words


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("The bill came to 247 million marks.", "247 million"),
        ("It was THE blue tower.", "Blue Tower"),
        ("It fell by 6.2%.", "6.2 %"),
        ("It cost 12,000 marks", "12000 marks"),
        ("The toll is 5. It rose.", "5"),
        ("Callan’s mayor", "Callan"),
        ("Nació en México en el año 1910.", "México"),
        ("Nacio en Mexico en el ano 1910.", "año 1910"),
        ("Nació en México.", "Mexico"),
        ("Mexico\N{COMBINING ACUTE ACCENT}", "Mexicó"),
        ("დედაქალაქი არის თბილისი.", "თბილისი"),
        ("ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"),
        ("افتُتِحَ البرجُ سنة ١٩٣١.", "البرج سنة 1931"),
        ("\N{RIGHT-TO-LEFT MARK}البرج\N{RIGHT-TO-LEFT MARK} الأزرق", "الأزرق"),
        ("这座塔于1931年在北京开放。", "北京"),
        ("这座塔于1931年在北京开放。", "1931年"),
        ("東京タワーは高い", "タワー"),
        ("彼はGoogleで5.5年働いた", "google"),
        ("彼はGoogleで5.5年働いた", "5.5年"),
        ("เปิดปี 1931 ที่กรุงเทพ", "กรุงเทพ"),
        ("It lasted 5.5km.", "5.5 km"),
        ("Done 🚨 now", "🚨"),
        ("x", "x"),
    ],
)
def test_a_wording_is_held(text: str, wording: str) -> None:
    assert holds(text, wording)


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("The bill came to 1247 million.", "247 million"),
        ("The bill came to 1.247 million.", "247 million"),
        ("It is 6.25 percent.", "6.2"),
        ("It is 6.2 metres.", "6.2 %"),
        ("A towering success", "tower"),
        ("million 247", "247 million"),
        ("A tower of the north", "the tower"),
        ("თბილისისკენ", "თბილისი"),
        ("الأبراج", "برج"),
        ("在15年前", "5年"),
        ("京北", "北京"),
        ("กี", "ก"),
        ("दिन", "दन"),
        ("", "x"),
        ("x", ""),
        ("a b", " "),
        ("no siren", "🚨"),
    ],
)
def test_a_wording_is_not_held(text: str, wording: str) -> None:
    assert not holds(text, wording)


def test_any_of_several_wordings_is_enough() -> None:
    assert holds_any("opened in May", ["June", "may"])
    assert not holds_any("opened in May", ["June"])
    assert not holds_any("opened in May", [])


def test_markers_of_citations_are_no_text_and_other_brackets_are() -> None:
    said = answer(("It opened in 1931 [7] there", ["tower-p1", "tower-p2"]), ("It is tall.", []))
    assert text_without_markers(said) == "It opened in 1931 [7] there   It is tall."
    assert not holds(text_without_markers(said), "there 1")


def test_without_citations_every_bracket_is_text() -> None:
    said = msgspec.structs.replace(answer(), text="Page [1] of [12]")
    assert text_without_markers(said) == "Page [1] of [12]"
