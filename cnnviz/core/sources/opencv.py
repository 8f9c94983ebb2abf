"""The one place that sets OpenCV up: every module that needs it says ``from cnnviz.core.sources.opencv import cv2``."""

import os

PIXEL_LIMIT = 64_000_000  # pixels of one picture or video frame: 192 MB as RGB; larger ones are refused unread

WIDE_PIXEL_LIMIT = PIXEL_LIMIT // 4  # of picture formats that only OpenCV reads: up to 32 bytes a pixel

# OpenCV and FFmpeg read these once, when they are loaded; who has set them keeps their values.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(WIDE_PIXEL_LIMIT))
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # what is wrong with a file is said in our own sentence
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")  # seconds until an unplugged camera is noticed

import cv2  # noqa: E402 - the settings above count only when made before this import

cv2.setNumThreads(1)  # its threads and torch's, busy on the same cores, wait for each other

__all__ = ["PIXEL_LIMIT", "WIDE_PIXEL_LIMIT", "cv2"]
