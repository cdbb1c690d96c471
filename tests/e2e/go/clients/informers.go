package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

var informerChecks = []check{
	{"informer: adds, updates, deletes; streams its initial list", informerLife},
	{"informer: recovers from an expired version and from lost connections", informerRecovers},
	{"informer: many kinds at once", informerFactory},
}

// Counting looks at requests and may break them.
type counting struct {
	next    http.RoundTripper
	lists   atomic.Int32
	streams atomic.Int32
	watches atomic.Int32
	expire  atomic.Bool
	mutex   sync.Mutex
	cancels []context.CancelFunc
}

func (c *counting) RoundTrip(request *http.Request) (*http.Response, error) {
	query := request.URL.Query()
	if strings.HasSuffix(request.URL.Path, "/configmaps") && request.Method == http.MethodGet {
		switch {
		case query.Get("sendInitialEvents") == "true":
			c.streams.Add(1)
		case query.Get("watch") == "" || query.Get("watch") == "false":
			c.lists.Add(1)
		default:
			c.watches.Add(1)
			if c.expire.Swap(false) {
				// A version so old that no server knows it any more.
				query.Set("resourceVersion", "2")
				request = request.Clone(request.Context())
				request.URL.RawQuery = query.Encode()
			}
		}
		ctx, cancel := context.WithCancel(request.Context())
		c.mutex.Lock()
		c.cancels = append(c.cancels, cancel)
		c.mutex.Unlock()
		request = request.WithContext(ctx)
	}
	return c.next.RoundTrip(request)
}

func (c *counting) cut() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, cancel := range c.cancels {
		cancel()
	}
	c.cancels = nil
}

type recorder struct {
	mutex  sync.Mutex
	events []string
}

func (r *recorder) note(kind string, object any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.events = append(r.events, kind+" "+object.(metav1.Object).GetName())
}

func (r *recorder) handlers() cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { r.note("add", o) },
		UpdateFunc: func(_, o any) { r.note("update", o) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			r.note("delete", o)
		},
	}
}

// Is compares what was noted; what was there at first comes in any order.
func (r *recorder) is(initial []string, later ...string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	got := slices.Clone(r.events)
	slices.Sort(got[:min(len(initial), len(got))])
	return expect("events", strings.Join(got, ", "), strings.Join(append(initial, later...), ", "))
}

func watched(ctx context.Context, e *env) (*counting, *recorder, cache.SharedIndexInformer, error) {
	config := rest.CopyConfig(e.config)
	counter := &counting{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { counter.next = next; return counter })
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, nil, err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(e.namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "set=m" }))
	informer := factory.Core().V1().ConfigMaps().Informer()
	record := &recorder{}
	if _, err := informer.AddEventHandler(record.handlers()); err != nil {
		return nil, nil, nil, err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return nil, nil, nil, fmt.Errorf("the cache does not fill")
	}
	return counter, record, informer, nil
}

func informerLife(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 2); err != nil {
		return err
	}
	counter, record, informer, err := watched(ctx, e)
	if err != nil {
		return err
	}
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	if _, err := maps.Patch(ctx, "m-000", types.MergePatchType, []byte(`{"data":{"x":"y"}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "m-001", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, 5*time.Second, func() error {
		return record.is([]string{"add m-000", "add m-001"}, "update m-000", "delete m-001")
	}); err != nil {
		return err
	}
	return first(
		expect("objects in the cache", len(informer.GetStore().ListKeys()), 1),
		expect("streamed lists", counter.streams.Load(), int32(1)), expect("plain lists", counter.lists.Load(), int32(0)),
	)
}

func informerRecovers(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 1); err != nil {
		return err
	}
	counter, record, informer, err := watched(ctx, e)
	if err != nil {
		return err
	}
	// The next watch asks for a version that is gone: the informer lists anew.
	counter.expire.Store(true)
	counter.cut()
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late", Labels: map[string]string{"set": "m"}}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, 30*time.Second, func() error {
		return expect("objects in the cache", len(informer.GetStore().ListKeys()), 2)
	}); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "m-000", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return eventually(ctx, 30*time.Second, func() error {
		// Listing anew counts as an update of what was known; its order is by chance.
		return record.is([]string{"add late", "add m-000", "update m-000"}, "delete m-000")
	})
}

func informerFactory(ctx context.Context, e *env) error {
	factory := informers.NewSharedInformerFactory(e.typed, 0)
	pods, nodes, secrets := factory.Core().V1().Pods(), factory.Core().V1().Nodes(), factory.Core().V1().Secrets()
	deployments, roles := factory.Apps().V1().Deployments(), factory.Rbac().V1().ClusterRoles()
	endpoints, leases := factory.Discovery().V1().EndpointSlices(), factory.Coordination().V1().Leases()
	budgets, classes := factory.Policy().V1().PodDisruptionBudgets(), factory.Storage().V1().StorageClasses()
	for _, informer := range []cache.SharedIndexInformer{
		pods.Informer(), nodes.Informer(), secrets.Informer(), deployments.Informer(), roles.Informer(), endpoints.Informer(),
		leases.Informer(), budgets.Informer(), classes.Informer(), factory.Core().V1().Namespaces().Informer(), factory.Core().V1().Events().Informer(),
		factory.Core().V1().Services().Informer(), factory.Core().V1().ServiceAccounts().Informer(), factory.Networking().V1().Ingresses().Informer(),
	} {
		_ = informer
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() { cancel(); factory.Shutdown() }()
	factory.Start(ctx.Done())
	waiting, stop := context.WithTimeout(ctx, 15*time.Second)
	defer stop()
	for kind, synced := range factory.WaitForCacheSync(waiting.Done()) {
		if !synced {
			return fmt.Errorf("the cache of %s does not fill", kind)
		}
	}
	all, err := roles.Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	if len(all) < 50 {
		return fmt.Errorf("only %d cluster roles", len(all))
	}
	if _, err := e.typed.CoreV1().Pods(e.namespace).Create(ctx, pod("a"), metav1.CreateOptions{}); err != nil {
		return err
	}
	return eventually(ctx, 5*time.Second, func() error {
		_, err := pods.Lister().Pods(e.namespace).Get("a")
		return err
	})
}
