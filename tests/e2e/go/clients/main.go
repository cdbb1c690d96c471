// Drives a cluster with client-go and controller-runtime, as operators and
// their tests do, and judges what it sees. Prints PASS or FAIL for each check;
// what it saw, made comparable, goes to a file, so that two servers can be
// held against each other beyond what the checks ask.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/go-logr/logr"
)

// env is what a check works with.
type env struct {
	config    *rest.Config
	typed     *kubernetes.Clientset
	dynamic   dynamic.Interface
	namespace string
	check     string
	seen      *os.File
}

// check is one thing that clients do.
type check struct {
	name string
	run  func(ctx context.Context, e *env) error
}

func main() {
	seen := flag.String("seen", os.DevNull, "where to write what was seen")
	only := flag.String("only", "", "part of the names of the checks to run")
	// controller-runtime has a flag for the kubeconfig.
	flag.Parse()
	klog.LogToStderr(false)
	klog.SetOutput(os.NewFile(0, os.DevNull))
	log.SetLogger(logr.Discard())

	config, err := clientcmd.BuildConfigFromFlags("", flag.Lookup("kubeconfig").Value.String())
	fatal(err)
	config.QPS = -1
	config.UserAgent = "clients/1.0"
	file, err := os.Create(*seen)
	fatal(err)
	defer file.Close()

	failures := 0
	for _, c := range checks() {
		if !strings.Contains(c.name, *only) {
			continue
		}
		begin := time.Now()
		if err := run(config, file, c); err != nil {
			failures++
			fmt.Printf("FAIL %s: %v\n", c.name, err)
		} else {
			fmt.Printf("PASS %s (%d ms)\n", c.name, time.Since(begin).Milliseconds())
		}
	}
	if failures > 0 {
		os.Exit(1)
	}
}

func checks() []check {
	var all []check
	for _, part := range [][]check{
		typedChecks, patchChecks, applyChecks, listChecks, watchChecks, informerChecks,
		dynamicChecks, discoveryChecks, identityChecks, leaseChecks, managerChecks,
	} {
		all = append(all, part...)
	}
	return all
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(config *rest.Config, seen *os.File, c check) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	e := &env{config: config, seen: seen, check: c.name}
	protobuf := rest.CopyConfig(config)
	protobuf.ContentType = "application/vnd.kubernetes.protobuf"
	protobuf.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	if e.typed, err = kubernetes.NewForConfig(protobuf); err != nil {
		return err
	}
	if e.dynamic, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	// A namespace of its own, with the account that pods need.
	namespace, err := e.typed.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "clients-"},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.namespace = namespace.Name
	defer func() {
		_ = e.typed.CoreV1().Namespaces().Delete(context.Background(), e.namespace, metav1.DeleteOptions{})
	}()
	_, err = e.typed.CoreV1().ServiceAccounts(e.namespace).Create(ctx, &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "default"},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return c.run(ctx, e)
}

// See notes something that every server should show alike.
func (e *env) see(what string, value any) {
	var text string
	switch v := value.(type) {
	case nil:
		text = "nil"
	case error:
		text = v.Error()
		if status, ok := v.(apierrors.APIStatus); ok {
			s := status.Status()
			data, _ := json.Marshal(s)
			text = string(data)
		}
	case string:
		text = v
		// The order of members is nobody's interface.
		var document any
		if json.Unmarshal([]byte(v), &document) == nil {
			e.see(what, document)
			return
		}
	default:
		data, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			text = err.Error()
		} else {
			text = string(data)
		}
	}
	fmt.Fprintf(e.seen, "== %s: %s\n%s\n", e.check, what, e.comparable(text))
}

var (
	uids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	times = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	rvs   = regexp.MustCompile(`("(?:resourceVersion|resource_version|continue|clusterIP|token)": ?)"[^"]+"`)
	ips   = regexp.MustCompile(`\b10\.\d+\.\d+\.\d+\b`)
	inner = regexp.MustCompile(`(\\+"resourceVersion\\+":\\+")\d+`)
	// The word for word help of a table's columns is nobody's interface.
	help  = regexp.MustCompile(`("description": ?)"(?:[^"\\]|\\.)*"(,\s*"(?:format|priority)")`)
	self  = regexp.MustCompile(`("serverAddress": ?"127\.0\.0\.1):\d+"`)
	rvNum = regexp.MustCompile(`(too old resource version: )\d+( \()\d+`)
)

func (e *env) comparable(text string) string {
	text = strings.ReplaceAll(text, e.namespace, "NAMESPACE")
	text = uids.ReplaceAllString(text, "UID")
	text = times.ReplaceAllString(text, "TIME")
	text = rvs.ReplaceAllString(text, `$1"*"`)
	text = inner.ReplaceAllString(text, "${1}N")
	text = help.ReplaceAllString(text, `${1}""${2}`)
	text = self.ReplaceAllString(text, `${1}:PORT"`)
	text = rvNum.ReplaceAllString(text, "${1}N${2}N")
	return ips.ReplaceAllString(text, "IP")
}

// Expect is nil when both are the same.
func expect[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, not %v", what, got, want)
	}
	return nil
}

// ExpectError is nil when the error is of that reason and its text contains that part.
func expectError(what string, err error, reason metav1.StatusReason, part string) error {
	if err == nil {
		return fmt.Errorf("%s: no error, want %s", what, reason)
	}
	if got := apierrors.ReasonForError(err); got != reason {
		return fmt.Errorf("%s: reason %q, want %q (%v)", what, got, reason, err)
	}
	if !strings.Contains(err.Error(), part) {
		return fmt.Errorf("%s: %q does not contain %q", what, err.Error(), part)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Eventually repeats until there is no error any more.
func eventually(ctx context.Context, within time.Duration, f func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := f()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("not within %s: %w", within, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
