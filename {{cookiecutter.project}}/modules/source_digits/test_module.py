import pandas as pd
from run import run, typed_images


def raw_rows(*first_pixels):
    return pd.DataFrame([[pixel] + [16] * 63 + [pixel % 10] for pixel in first_pixels])


def test_pixels_are_scaled_to_one():
    images = typed_images(raw_rows(0, 8), pixel_max=16)
    assert list(images["p00"]) == [0.0, 0.5]
    assert images["p63"].eq(1.0).all()


def test_equal_images_are_kept_once(tmp_path):
    raw_rows(3, 4, 3).to_csv(tmp_path / "digits.csv", header=False, index=False)
    run({"digits": tmp_path / "digits.csv"}, {"images": tmp_path / "images.parquet"}, {"pixel_max": 16})
    assert list(pd.read_parquet(tmp_path / "images.parquet")["label"]) == [3, 4]


def test_the_id_depends_on_the_pixels_alone():
    one, two = raw_rows(1, 2), raw_rows(2, 1)
    assert set(typed_images(one, 16)["id"]) == set(typed_images(two, 16)["id"])
