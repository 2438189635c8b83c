"""How people photograph: crops, scales, light, blur, noise, compression. All on uint8 arrays, with OpenCV."""

import cv2
import numpy as np

Random = np.random.Generator


def chance(random: Random, probability: float) -> bool:
    return random.random() < probability


def mirrored_by_chance(random: Random, matrix: np.ndarray, wide: int) -> np.ndarray:
    """[3, 3] → [2, 3]; every second time the target is mirrored."""
    if chance(random, 0.5):
        matrix = np.array([[-1, 0, wide - 1], [0, 1, 0], [0, 0, 1]]) @ matrix
    return matrix[:2]


def crop_matrix(random: Random, source: tuple[int, int], target: tuple[int, int], alpha: np.ndarray,
                zoom: tuple[float, float], rotation: float) -> np.ndarray:
    """Affine map (source → target pixels) that covers the target, and mostly shows the person."""
    height, width = source
    tall, wide = target
    cover = max(tall / height, wide / width)
    scale = cover * np.exp(random.uniform(np.log(zoom[0]), np.log(zoom[1])))
    stretch = np.exp(random.uniform(-0.1, 0.1))
    sx, sy = scale * max(stretch, 1), scale * max(1 / stretch, 1)
    free_x, free_y = max(width * sx - wide, 0), max(height * sy - tall, 0)
    x, y = random.uniform(0, free_x), random.uniform(0, free_y)
    if chance(random, 0.6) and alpha.any():
        weights_x, weights_y = alpha.sum(0, dtype=np.float64), alpha.sum(1, dtype=np.float64)
        center_x = np.average(np.arange(width), weights=weights_x + 1e-9) * sx
        center_y = np.average(np.arange(height), weights=weights_y + 1e-9) * sy
        x = np.clip(center_x - wide / 2 + random.normal(0, 0.15) * wide, 0, free_x)
        y = np.clip(center_y - tall / 2 + random.normal(0, 0.15) * tall, 0, free_y)
    matrix = np.array([[sx, 0, -x], [0, sy, -y], [0, 0, 1]])
    if rotation:
        turn = np.eye(3)
        turn[:2] = cv2.getRotationMatrix2D((wide / 2, tall / 2), rotation, 1)
        matrix = turn @ matrix
    return mirrored_by_chance(random, matrix, wide)


def place_matrix(random: Random, source: tuple[int, int], target: tuple[int, int], alpha: np.ndarray) -> np.ndarray:
    """Affine map for a person on another background: any size, cut borders stay at the target's borders."""
    height, width = source
    tall, wide = target
    rows, columns = np.flatnonzero(alpha.max(1) > 25), np.flatnonzero(alpha.max(0) > 25)
    if not len(rows):
        return np.eye(3)[:2]
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    fill = np.exp(random.uniform(np.log(0.4), np.log(1.5)))
    scale = fill * min(tall / (bottom - top), wide / (right - left))
    size_x, size_y = (right - left) * scale, (bottom - top) * scale
    cut_left, cut_right, cut_bottom = left <= 1, right >= width - 1, bottom >= height - 1
    x = random.uniform(min(0, wide - size_x), max(0, wide - size_x))
    if cut_left and cut_right:
        scale = max(scale, wide / (right - left))
        size_x, size_y = (right - left) * scale, (bottom - top) * scale
        x = random.uniform(min(wide - size_x, 0), 0)
    elif cut_left:
        x = random.uniform(-0.2, 0) * size_x
    elif cut_right:
        x = wide - size_x + random.uniform(0, 0.2) * size_x
    y = tall - size_y + (random.uniform(0, 0.35) * size_y if cut_bottom else random.uniform(-0.2, 0.1) * size_y)
    matrix = np.array([[scale, 0, x - left * scale], [0, scale, y - top * scale], [0, 0, 1]])
    return mirrored_by_chance(random, matrix, wide)


def edge_matrix(random: Random, source: tuple[int, int], target: tuple[int, int], alpha: np.ndarray,
                enlarge: tuple[float, float]) -> np.ndarray:
    """Affine map to a place on the matte's edge, enlarged; it covers the target."""
    (height, width), (tall, wide) = source, target
    scale = max(random.uniform(*enlarge), tall / height, wide / width)
    edge = np.flatnonzero((alpha > 25) & (alpha < 230))
    at = random.choice(edge) if len(edge) else random.integers(height * width)
    y, x = divmod(int(at), width)
    left = np.clip(scale * x - wide * random.uniform(0.2, 0.8), 0, scale * width - wide)
    top = np.clip(scale * y - tall * random.uniform(0.2, 0.8), 0, scale * height - tall)
    return mirrored_by_chance(random, np.array([[scale, 0, -left], [0, scale, -top], [0, 0, 1]]), wide)


def warp(maps: np.ndarray, matrix: np.ndarray, target: tuple[int, int], reflect: bool) -> np.ndarray:
    border = cv2.BORDER_REFLECT_101 if reflect else cv2.BORDER_CONSTANT
    return cv2.warpAffine(np.ascontiguousarray(maps), matrix, target[::-1], flags=cv2.INTER_LINEAR, borderMode=border)


def light(random: Random, rgb: np.ndarray) -> np.ndarray:
    """Exposure, contrast, white balance by a table per channel; sometimes saturation."""
    ramp = np.linspace(0, 1, 256)
    gamma, contrast = np.exp(random.normal(0, 0.22)), np.exp(random.normal(0, 0.15))
    gain = np.exp(random.normal(0, 0.1)) * np.exp(random.normal(0, 0.05, 3))
    curve = [np.clip(((ramp**gamma - 0.5) * contrast + 0.5) * g, 0, 1) * 255 for g in gain]
    rgb = cv2.LUT(rgb, np.stack(curve, -1).astype(np.uint8)[None])
    if chance(random, 0.3):
        gray = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        amount = 0 if chance(random, 0.1) else random.uniform(0.4, 1.4)
        rgb = cv2.addWeighted(rgb, amount, gray, 1 - amount, 0)
    return rgb


def backlight(random: Random, rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The person darker, the surroundings brighter."""
    person = cv2.blur(alpha, (31, 31)).astype(np.float32)[..., None] / 255
    dark, bright = random.uniform(0.4, 0.8), random.uniform(1, 1.6)
    return np.clip(rgb * (person * dark + (1 - person) * bright), 0, 255).astype(np.uint8)


def degrade(random: Random, rgb: np.ndarray) -> np.ndarray:
    """Blur, lost resolution, noise and JPEG, each now and then."""
    if chance(random, 0.1):
        rgb = cv2.GaussianBlur(rgb, (0, 0), random.uniform(0.4, 1.5))
    if chance(random, 0.1):
        shape, factor = rgb.shape[1::-1], random.uniform(0.4, 0.9)
        small = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(small, shape, interpolation=cv2.INTER_LINEAR)
    if chance(random, 0.25):
        noise = random.normal(0, random.uniform(1, 9), rgb.shape).astype(np.float32)
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    if chance(random, 0.35):
        quality = int(random.integers(30, 95))
        rgb = cv2.imdecode(cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return rgb


def worsen_prior(random: Random, prior: np.ndarray) -> np.ndarray:
    """Lost parts, kept background, shifted edges: what segmenters get wrong."""
    height, width = prior.shape
    if chance(random, 0.3):
        radius = int(random.integers(1, 8))
        change = cv2.dilate if chance(random, 0.5) else cv2.erode
        prior = change(prior, np.ones((2 * radius + 1,) * 2, np.uint8))
    if chance(random, 0.3):
        blob = np.zeros_like(prior)
        for _ in range(random.integers(1, 4)):
            center = (int(random.integers(width)), int(random.integers(height)))
            axes = tuple(int(v) for v in random.integers(8, max(width, height) // 4, 2))
            cv2.ellipse(blob, center, axes, float(random.uniform(0, 180)), 0, 360, 255, -1)
        blob = cv2.blur(blob, (9, 9))
        prior = np.maximum(prior, blob) if chance(random, 0.4) else np.minimum(prior, 255 - blob)
    if chance(random, 0.3):
        prior = cv2.GaussianBlur(prior, (0, 0), random.uniform(1, 5))
    return prior
