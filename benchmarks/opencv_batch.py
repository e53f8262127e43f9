"""Many pictures under many kernels as an OpenCV user would write it, on all cores: FOLDER KERNELS.npz OUT."""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

FOLDER, KERNELS, OUT = map(Path, sys.argv[1:])


def one(path: Path) -> None:
    """All maps of one picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    for name, kernel in np.load(KERNELS).items():
        edges = cv2.filter2D(picture, cv2.CV_32F, kernel)
        cv2.imwrite(str(OUT / f"{path.stem}.{name}.png"), cv2.convertScaleAbs(edges, alpha=0.25))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    OUT.mkdir(exist_ok=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(one, sorted(FOLDER.glob("*.png"))))
