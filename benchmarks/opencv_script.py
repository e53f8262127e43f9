"""Sobel-x of a picture as an OpenCV user would write it: python opencv_script.py IN OUT."""

import sys

import cv2
import numpy as np

picture = cv2.imread(sys.argv[1], cv2.IMREAD_GRAYSCALE)
edges = cv2.filter2D(picture, cv2.CV_32F, np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32))
cv2.imwrite(sys.argv[2], cv2.convertScaleAbs(edges, alpha=0.25))
