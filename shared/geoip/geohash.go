package geoip

const (
	geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"
	precision     = 9 // characters: about five metres, more than any database knows
)

// Geohash is a place as nine characters, each of which halves longitude and latitude in turn, five times: what two
// geohashes have in common at the front is the box that both are in.
func Geohash(lat, lon float64) string {
	low, high := [2]float64{-180, -90}, [2]float64{180, 90}
	at := [2]float64{lon, lat}
	var hash [precision]byte
	for i := range precision * 5 {
		axis := i % 2
		digit := &hash[i/5]
		*digit <<= 1
		if middle := (low[axis] + high[axis]) / 2; at[axis] >= middle {
			*digit |= 1
			low[axis] = middle
		} else {
			high[axis] = middle
		}
	}
	for i, digit := range hash {
		hash[i] = geohashDigits[digit]
	}
	return string(hash[:])
}
